//! Addresses of every view, and the state that they carry.

/// Encodes a part of a path or query: everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(byte as char);
            }
            b' ' => out.push_str("%20"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(HEX[usize::from(byte >> 4)] as char);
                out.push(HEX[usize::from(byte & 15)] as char);
            }
        }
    }
    out
}

/// Decodes a part of a path or query; what is no valid code stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = if code.is_some() { &after[2..] } else { after };
        bytes.push(code.unwrap_or(first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The query of an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`.
    pub fn parse(text: &str) -> Self {
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let plain = |text: &str| decode(&text.replace('+', "%20"));
            (plain(key), plain(value))
        });
        Self(pairs.collect())
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone())
    }
}

/// The pages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What the project is and how it does.
    Overview,
    /// A resource.
    Node,
    /// The lineage of the whole project.
    Lineage,
    /// Answers of the search.
    Search,
    /// Test coverage.
    Coverage,
    /// Columns by tests.
    Matrix,
    /// Which rows belong to which.
    Entities,
    /// Sources and their freshness.
    Sources,
    /// What changed since earlier artifacts.
    Changes,
    /// All runs.
    Runs,
    /// One run.
    Run,
    /// All contracts.
    Contracts,
    /// One contract.
    Contract,
    /// No page has this address.
    Missing,
}

/// The page of a path, and the id that the path ends in where the page has one.
pub fn page(path: &str) -> (Page, String) {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => (Page::Overview, String::new()),
        ["lineage"] => (Page::Lineage, String::new()),
        ["search"] => (Page::Search, String::new()),
        ["coverage"] => (Page::Coverage, String::new()),
        ["coverage", "columns"] => (Page::Matrix, String::new()),
        ["keys"] => (Page::Entities, String::new()),
        ["sources"] => (Page::Sources, String::new()),
        ["changes"] => (Page::Changes, String::new()),
        ["runs"] => (Page::Runs, String::new()),
        ["contracts"] => (Page::Contracts, String::new()),
        ["node", id] => (Page::Node, decode(id)),
        ["runs", id] => (Page::Run, decode(id)),
        ["contracts", id] => (Page::Contract, decode(id)),
        _ => (Page::Missing, String::new()),
    }
}

/// The address of columns by tests.
pub const MATRIX: &str = "/coverage/columns";

/// The address of which rows belong to which.
pub const KEYS: &str = "/keys";

/// A path with the parts of its query that are not empty.
pub fn with_query(path: &str, parts: &[(&str, &str)]) -> String {
    let query: Vec<String> = parts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", encode(value)))
        .collect();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

/// An address with one part of its query as given, or without it where that is empty.
pub fn with_part(address: &str, key: &str, value: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let query = Query::parse(query);
    let others = query.0.iter().filter(|(known, _)| known != key);
    let mut parts: Vec<(&str, &str)> = others.map(|(key, value)| (&**key, &**value)).collect();
    parts.push((key, value));
    with_query(path, &parts)
}

/// A resource's page.
pub fn node(id: &str) -> String {
    format!("/node/{}", encode(id))
}

/// A resource's page at one of its tabs.
pub fn node_tab(id: &str, tab: &str) -> String {
    with_query(
        &node(id),
        &[("tab", if tab == "overview" { "" } else { tab })],
    )
}

/// A column on its resource's page.
pub fn column(id: &str, column: &str) -> String {
    with_query(&node(id), &[("column", column)])
}

/// What changes with a resource, or with one of its columns.
pub fn impact(id: &str, column: &str) -> String {
    with_query(&node(id), &[("tab", "impact"), ("column", column)])
}

/// The way of a column through the lineage around its resource.
pub fn column_way(id: &str, column: &str) -> String {
    with_query(&node(id), &[("tab", "lineage"), ("column", column)])
}

/// The tables that a resource points at or is pointed at by.
pub fn keys_of(id: &str) -> String {
    with_query(KEYS, &[("focus", id)])
}

/// A contract's page.
pub fn contract(id: &str) -> String {
    format!("/contracts/{}", encode(id))
}

/// A run's page.
pub fn run(id: &str) -> String {
    format!("/runs/{}", encode(id))
}

/// How far the graph reaches from the node in focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// This many edges.
    Steps(u32),
    /// As far as it goes.
    All,
}

impl Reach {
    /// From an address; neighbours where it does not say.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("all") => Self::All,
            Some(number) => number.parse().map_or(Self::Steps(1), Self::Steps),
            None => Self::Steps(1),
        }
    }

    /// As it stands in an address; empty for what is assumed.
    pub fn write(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Steps(1) => String::new(),
            Self::Steps(steps) => steps.to_string(),
        }
    }

    /// Edges, with a bound where there is none.
    pub fn steps(self) -> u32 {
        match self {
            Self::All => u32::MAX,
            Self::Steps(steps) => steps,
        }
    }
}

/// What the lineage colours nodes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ColorBy {
    /// Kind of resource.
    #[default]
    Kind,
    /// Last result, or the state in the run that is on.
    Status,
}

/// What the lineage puts together into one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// Each node stands alone.
    Nothing,
    /// Folders, sources by their names.
    Folder,
    /// Packages.
    Package,
}

impl GroupBy {
    const WORDS: [(Self, &'static str); 3] = [
        (Self::Nothing, "none"),
        (Self::Folder, "folder"),
        (Self::Package, "package"),
    ];

    /// From an address; `None` where it does not say.
    pub fn parse(text: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(_, word)| *word == text);
        found.map(|(group, _)| *group)
    }

    /// As it stands in an address.
    pub fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(group, _)| *group == self);
        found.map_or("", |(_, word)| *word)
    }
}

/// Everything that decides what a lineage view shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineageView {
    /// Selector in dbt's syntax; empty means all.
    pub select: String,
    /// Selector of what to leave out.
    pub exclude: String,
    /// Unique id of the node in focus.
    pub focus: Option<String>,
    /// How far upstream.
    pub up: Option<Reach>,
    /// How far downstream.
    pub down: Option<Reach>,
    /// Column of the node in focus whose way alone is shown.
    pub column: Option<String>,
    /// Colours.
    pub color: ColorBy,
    /// What is put together; `None`: folders where there are many nodes.
    pub group: Option<GroupBy>,
    /// Keys of groups that are not as they are at first: opened or closed.
    pub turned: Vec<String>,
}

impl LineageView {
    /// Reads an address's query.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| get(key).filter(|value| !value.is_empty());
        Self {
            select: text("select").unwrap_or_default(),
            exclude: text("exclude").unwrap_or_default(),
            focus: text("focus"),
            up: text("up").map(|value| Reach::parse(Some(&value))),
            down: text("down").map(|value| Reach::parse(Some(&value))),
            column: text("column"),
            color: if text("color").as_deref() == Some("status") {
                ColorBy::Status
            } else {
                ColorBy::Kind
            },
            group: text("group").and_then(|word| GroupBy::parse(&word)),
            turned: text("turned")
                .map(|keys| keys.split(',').map(decode).collect())
                .unwrap_or_default(),
        }
    }

    /// Upstream reach, neighbours where the address does not say.
    pub fn up(&self) -> Reach {
        self.up.unwrap_or(Reach::Steps(1))
    }

    /// Downstream reach, neighbours where the address does not say.
    pub fn down(&self) -> Reach {
        self.down.unwrap_or(Reach::Steps(1))
    }

    /// The address on the lineage page.
    pub fn href(&self) -> String {
        self.href_at("/lineage", &[])
    }

    /// The address on another page that shows a lineage, with that page's own part of the query.
    pub fn href_at(&self, path: &str, own: &[(&str, &str)]) -> String {
        let up = self.up.map(Reach::write).unwrap_or_default();
        let down = self.down.map(Reach::write).unwrap_or_default();
        let color = if self.color == ColorBy::Status {
            "status"
        } else {
            ""
        };
        let turned: Vec<String> = self.turned.iter().map(|key| encode(key)).collect();
        let turned = turned.join(",");
        let mut parts = own.to_vec();
        parts.extend([
            ("select", self.select.as_str()),
            ("exclude", self.exclude.as_str()),
            ("focus", self.focus.as_deref().unwrap_or_default()),
            ("up", up.as_str()),
            ("down", down.as_str()),
            ("column", self.column.as_deref().unwrap_or_default()),
            ("color", color),
            ("group", self.group.map(GroupBy::word).unwrap_or_default()),
            ("turned", turned.as_str()),
        ]);
        with_query(path, &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let odd = "model.a b/ü%&=?#+";
        assert_eq!(decode(&encode(odd)), odd);
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        let query = Query::parse("select=%2Btag%3Aml&empty=&word&q=a+b");
        assert_eq!(query.get("select").as_deref(), Some("+tag:ml"));
        assert_eq!(query.get("empty").as_deref(), Some(""));
        assert_eq!(query.get("word").as_deref(), Some(""));
        assert_eq!(query.get("q").as_deref(), Some("a b"));
        assert_eq!(query.get("other"), None);
    }

    #[test]
    fn each_address_has_its_page() {
        assert_eq!(page("/").0, Page::Overview);
        assert_eq!(
            page(&node("model.shop.a/b")),
            (Page::Node, "model.shop.a/b".to_owned())
        );
        assert_eq!(page("/runs/x"), (Page::Run, "x".to_owned()));
        assert_eq!(page("/runs").0, Page::Runs);
        assert_eq!(page("/node").0, Page::Missing);
        assert_eq!(page("/lineage/x").0, Page::Missing);
    }

    fn parse(query: &[(&str, &str)]) -> LineageView {
        LineageView::parse(|key| {
            query
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_lineage_view_survives_its_own_address() {
        let view = LineageView {
            select: "+tag:ml,config.materialized:table".to_owned(),
            exclude: "path:models/a b".to_owned(),
            focus: Some("model.shop.orders".to_owned()),
            up: Some(Reach::All),
            down: Some(Reach::Steps(2)),
            column: Some("order_id".to_owned()),
            color: ColorBy::Status,
            group: Some(GroupBy::Folder),
            turned: vec!["models/a, b".to_owned(), "Sources".to_owned()],
        };
        assert_eq!(
            view.href(),
            "/lineage?select=%2Btag%3Aml%2Cconfig.materialized%3Atable&exclude=path%3Amodels%2Fa%20b\
             &focus=model.shop.orders&up=all&down=2&column=order_id&color=status\
             &group=folder&turned=models%252Fa%252C%2520b%2CSources"
        );
        let again = parse(&[
            ("select", &view.select),
            ("exclude", &view.exclude),
            ("focus", "model.shop.orders"),
            ("up", "all"),
            ("down", "2"),
            ("column", "order_id"),
            ("color", "status"),
            ("group", "folder"),
            ("turned", "models%2Fa%2C%20b,Sources"),
        ]);
        assert_eq!(again, view);
    }

    #[test]
    fn one_part_of_an_address_changes_alone() {
        let address = with_part("/lineage?select=tag%3Aml&at=1,2,0.5", "at", "3,4,1.000");
        assert_eq!(address, "/lineage?select=tag%3Aml&at=3%2C4%2C1.000");
        assert_eq!(with_part(&address, "at", ""), "/lineage?select=tag%3Aml");
        assert_eq!(with_part("/lineage?at=1", "at", ""), "/lineage");
    }

    #[test]
    fn what_is_assumed_does_not_stand_in_the_address() {
        assert_eq!(LineageView::default().href(), "/lineage");
        let neighbours = LineageView {
            up: Some(Reach::Steps(1)),
            ..LineageView::default()
        };
        assert_eq!(neighbours.href(), "/lineage");
        assert_eq!(parse(&[("up", "0")]).up(), Reach::Steps(0));
        assert_eq!(parse(&[("up", "many")]).up(), Reach::Steps(1));
    }

    #[test]
    fn ids_are_encoded_in_paths() {
        assert_eq!(node("model.shop.a/b ü"), "/node/model.shop.a%2Fb%20%C3%BC");
        assert_eq!(node_tab("model.shop.a", "overview"), "/node/model.shop.a");
        assert_eq!(
            node_tab("model.shop.a", "code"),
            "/node/model.shop.a?tab=code"
        );
    }
}
