//! The catalog as files: one HTML page that opens from the disk, or a folder for any web server.
//!
//! Both hold the same parts, each JSON compressed with gzip: `index`, `session`, `search-texts`, `column-lineage`,
//! `workbench` and `nodes-0`, `nodes-1`, … (see [`compiler::index::group_of`]), and of the history `runs` and
//! `node-runs`. The app in the browser reads a part when it needs it. Images that descriptions show are files in the
//! folder form and stand in the page itself in the other; those that are documents, which a web server would send
//! without a policy that keeps them from running scripts, stand in the page in both.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use compiler::index::images::{SVG, encode, kind};
use compiler::index::{group_of, groups_for};
use compiler::lineage::ColumnLineage;
use compiler::workbench::Workbench;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::images::{self, ImageError};
use super::reader::{CatalogError, CatalogReader};
use super::redaction::{Part, Redaction};
use super::web::Dist;
use crate::execute::write_whole;
use crate::project::{self, OpenOptions};
use crate::serve::api::{PastRun, RunDetail};
use crate::store::History;

/// Tells a page that it was exported, and where its parts are.
const MARK: &str = "refract-export";

/// Runs that leave with the catalog, and runs of each node.
const RUNS: usize = 50;
const RUNS_OF_NODE: usize = 10;

/// The part that texts are tried with; without it the page has no need of the compiler either.
const WORKBENCH: &str = "workbench";

/// Programs beside the page; the one that tries texts leaves only with what it tries them with.
const PROGRAMS: [&str; 2] = ["layout", WORKBENCH];

/// The folder of the parts, beside the page.
const DATA: &str = "data/";

/// The folder of the images, beside the page.
const IMAGES: &str = "images/";

/// Images that stand in the page itself, in bytes: each, and all together.
const LARGEST_INSIDE: u64 = 4 << 20;
const ALL_INSIDE: u64 = 24 << 20;

/// What is written, and from what.
pub struct Export<'a> {
    /// Folder of the artifacts.
    pub artifacts: &'a Path,
    /// The project's folder, where there is a project.
    pub root: Option<&'a Path>,
    /// The project's runs, for results that the last one did not bring.
    pub history: Option<Arc<History>>,
    /// Artifacts that the page tells the changes since.
    pub state: Option<&'a Path>,
    /// How the project is opened, for a page that tries texts.
    pub open: Option<&'a OpenOptions>,
    /// The project's `asset-paths`, where there is a project.
    pub assets: Option<&'a [String]>,
    /// What is left out.
    pub redact: &'a [Part],
    /// The time that the page tells.
    pub at: DateTime<Utc>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The artifacts cannot be shown.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The binary has no web app inside.
    #[error("this binary was built without the web app")]
    NoApp,
    /// The folder holds something else.
    #[error("{} holds files that are not of an exported catalog", .0.display())]
    Foreign(PathBuf),
    /// The disk refused.
    #[error("{0}")]
    Write(String),
}

type Parts = BTreeMap<String, Vec<u8>>;

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// Size of all files in bytes.
    pub size: u64,
    /// Images that descriptions show and that are not in it, with the reasons.
    pub left_out: Vec<String>,
}

/// Writes one HTML file, which needs nothing else.
pub fn write_file(export: &Export<'_>, path: &Path) -> Result<Written, SiteError> {
    let images = Images::read(export, |_| true)?;
    let page = one_file(&App::of_binary()?, &parts(export)?, &images);
    put(path, page.as_bytes())?;
    Ok(Written {
        size: page.len() as u64,
        left_out: images.left_out,
    })
}

/// Writes a folder that any web server can show, under any address.
pub fn write_folder(export: &Export<'_>, folder: &Path) -> Result<Written, SiteError> {
    let app = App::of_binary()?;
    make_room(folder)?;
    let mut total = 0;
    let mut write = |name: &str, bytes: &[u8]| {
        total += bytes.len() as u64;
        put(&folder.join(name), bytes)
    };
    let parts = parts(export)?;
    let images = Images::read(export, |path| kind(path) == Some(SVG))?;
    for (path, bytes) in &images.beside {
        write(&format!("{IMAGES}{path}"), bytes)?;
    }
    for (name, bytes) in &parts {
        write(&format!("{DATA}{name}.bin"), bytes)?;
    }
    for (name, bytes) in &app.files {
        match name.as_str() {
            "index.html" => {}
            "workbench_bg.wasm" | "workbench.js" if !parts.contains_key(WORKBENCH) => {}
            "refract.css" => write(name, app.style("fonts/").as_bytes())?,
            _ => write(name, bytes)?,
        }
    }
    // Last, so that a folder with a page is a whole one.
    write("index.html", app.page_beside_parts(&images).as_bytes())?;
    Ok(Written {
        size: total,
        left_out: images.left_out,
    })
}

/// Empties a folder that an earlier export filled; refuses one that holds anything else.
fn make_room(folder: &Path) -> Result<(), SiteError> {
    let failed = |reason: io::Error| {
        SiteError::Write(format!("cannot write {}: {reason}", folder.display()))
    };
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(failed(error)),
    };
    if is_empty {
        return Ok(());
    }
    let page = fs::read_to_string(folder.join("index.html")).unwrap_or_default();
    if !page.contains(MARK) {
        return Err(SiteError::Foreign(folder.to_path_buf()));
    }
    for name in [DATA, IMAGES] {
        match fs::remove_dir_all(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

/// The images that descriptions show, by their paths.
#[derive(Default)]
struct Images {
    inside: Parts,
    beside: Parts,
    left_out: Vec<String>,
}

impl Images {
    /// Reads those that what is left of the descriptions shows.
    fn read(export: &Export<'_>, is_inside: impl Fn(&str) -> bool) -> Result<Self, SiteError> {
        let reader = CatalogReader::new(export.artifacts.to_owned(), None, None)
            .redacted(Redaction::of(export.redact));
        let artifacts = reader.current()?;
        let mut images = Self::default();
        let mut room = ALL_INSIDE;
        for path in &artifacts.images {
            let inside = is_inside(path);
            let read = if inside {
                let most = LARGEST_INSIDE.min(room);
                images::read_at_most(export.artifacts, export.assets, path, most)
            } else {
                images::read(export.artifacts, export.assets, path)
            };
            match read {
                Ok(bytes) if inside => {
                    room -= bytes.len() as u64;
                    images.inside.insert(path.clone(), bytes);
                }
                Ok(bytes) => drop(images.beside.insert(path.clone(), bytes)),
                Err(ImageError::Large { .. }) if inside && room < LARGEST_INSIDE => {
                    let most = ALL_INSIDE >> 20;
                    images.left_out.push(format!(
                        "the image '{path}' is left out: all images in the page may have {most} MB"
                    ));
                }
                Err(error) => images
                    .left_out
                    .push(format!("an image is left out: {error}")),
            }
        }
        Ok(images)
    }

    /// As they stand in a page.
    fn write(&self, page: &mut String) {
        for (path, bytes) in &self.inside {
            embed(page, &format!("image:{}", encode(path)), bytes);
        }
    }
}

/// Puts bytes into a page, under a name that has no character that means something in HTML.
fn embed(page: &mut String, name: &str, bytes: &[u8]) {
    page.push_str("\n<script type=\"text/plain\" data-part=\"");
    page.push_str(name);
    page.push_str("\">");
    STANDARD.encode_string(bytes, page);
    page.push_str("</script>");
}

/// Puts a file into its place; a reader sees the old one or the new one.
fn put(path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
    write_whole(path, bytes).map_err(|error| SiteError::Write(error.to_string()))
}

/// All data of the page, compressed.
fn parts(export: &Export<'_>) -> Result<Parts, SiteError> {
    let history = || export.history.clone();
    let reader = |root| CatalogReader::new(export.artifacts.to_owned(), root, history());
    // Lineage is read from SQL that itself may have to stay inside.
    let whole = reader(export.root.map(Path::to_owned));
    let mut lineage = ColumnLineage::clone(&whole.lineage(&whole.current()?));
    let shows_sql = !export.redact.contains(&Part::Sql);
    if !shows_sql {
        // What could not be followed is told in words of the SQL.
        for node in &mut lineage.nodes {
            node.gaps.iter_mut().for_each(String::clear);
        }
    }
    let root = export.root.filter(|_| shows_sql).map(Path::to_owned);
    let reader = reader(root).redacted(Redaction::of(export.redact));
    let artifacts = reader.current()?;

    let details = reader.details(&artifacts);
    let ids: Vec<String> = details.iter().map(|(id, _)| id.clone()).collect();
    let groups = groups_for(details.len());
    let mut grouped: Vec<Map<String, Value>> = vec![Map::new(); groups as usize];
    for (id, detail) in details {
        let group = group_of(&id, groups) as usize;
        grouped[group].insert(id, json!(detail));
    }
    let bench = workbench(export);
    let session = session(export, groups, bench.is_some());
    let mut parts = Parts::from([
        ("index".to_owned(), pack(&artifacts.index)),
        ("session".to_owned(), pack_json(&session)),
        (
            "search-texts".to_owned(),
            pack_json(&json!(artifacts.search_texts())),
        ),
        ("column-lineage".to_owned(), pack_json(&json!(lineage))),
    ]);
    if let Some(state) = export.state {
        // Compared as they are: what is redacted would not differ.
        let mut changes = json!(whole.changes(&whole.current()?, state)?);
        Redaction::of(export.redact).empty(&mut changes);
        parts.insert("changes".to_owned(), pack_json(&changes));
    }
    if let Some(history) = &export.history {
        let [runs, of_nodes] = runs(history, &ids, export.redact)?;
        parts.insert("runs".to_owned(), pack_json(&runs));
        parts.insert("node-runs".to_owned(), pack_json(&of_nodes));
    }
    if let Some(bench) = bench {
        parts.insert(WORKBENCH.to_owned(), pack_json(&json!(bench)));
    }
    for (number, group) in grouped.into_iter().enumerate() {
        parts.insert(format!("nodes-{number}"), pack_json(&Value::Object(group)));
    }
    Ok(parts)
}

/// What models are compiled with. Property files and macros hold everything that can be redacted, so they leave only
/// where nothing is; a project that is broken by now is shown without.
fn workbench(export: &Export<'_>) -> Option<Workbench> {
    let open = export.open.filter(|_| export.redact.is_empty())?;
    project::workbench(open).ok()
}

/// The last runs with their nodes and logs, by id, the newest first; and for each node the runs that it took part in.
fn runs(history: &History, ids: &[String], redact: &[Part]) -> Result<[Value; 2], SiteError> {
    let redaction = Redaction::of(redact);
    let tells = !redact.contains(&Part::Sql) && !redact.contains(&Part::Paths);
    let mut runs = Map::new();
    for run in history.runs(RUNS).map_err(CatalogError::from)? {
        let id = run.id.clone();
        let nodes = history.nodes(&id).map_err(CatalogError::from)?;
        let log = if tells {
            history.log_after(&id, 0).map_err(CatalogError::from)?
        } else {
            Vec::new()
        };
        let mut detail = json!(RunDetail::new(run, nodes, log));
        redaction.empty(&mut detail);
        runs.insert(id, detail);
    }
    let mut of_nodes = Map::new();
    for id in ids {
        let past = history.runs_of(id, RUNS_OF_NODE);
        let past = past.map_err(CatalogError::from)?;
        if !past.is_empty() {
            let past: Vec<PastRun> = past.into_iter().map(Into::into).collect();
            let mut past = json!(past);
            redaction.empty(&mut past);
            of_nodes.insert(id.clone(), past);
        }
    }
    Ok([Value::Object(runs), Value::Object(of_nodes)])
}

/// What the app asks of a server first: who it may act as, here nobody.
fn session(export: &Export<'_>, groups: u64, tries: bool) -> Value {
    json!({
        "token": "",
        "can_run": false,
        "reason": format!(
            "This catalog was exported on {}. Start refract serve in the project to run from the page.",
            export.at.format("%-d %B %Y at %H:%M UTC")
        ),
        "version": env!("CARGO_PKG_VERSION"),
        "compares": export.state.is_some(),
        "tries": tries,
        "node_groups": groups,
    })
}

fn pack_json(value: &Value) -> Vec<u8> {
    pack(value.to_string().as_bytes())
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.unwrap_or_else(|_| unreachable!("a vector takes all bytes"))
}

/// The files of the web app.
struct App {
    files: BTreeMap<String, Vec<u8>>,
}

impl App {
    fn of_binary() -> Result<Self, SiteError> {
        let files: BTreeMap<String, Vec<u8>> = Dist::iter()
            .filter_map(|name| Some((name.to_string(), Dist::get(&name)?.data.into_owned())))
            .collect();
        if files.contains_key("index.html") {
            Ok(Self { files })
        } else {
            Err(SiteError::NoApp)
        }
    }

    fn text(&self, name: &str) -> String {
        let bytes = self.files.get(name).map(Vec::as_slice);
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    }

    /// The one file whose name ends so.
    fn ending(&self, ending: &str) -> &str {
        let mut names = self.files.keys();
        names
            .find(|name| name.ends_with(ending) && name.starts_with("app-"))
            .map_or("", String::as_str)
    }

    /// The stylesheet, with fonts from below `place`.
    fn style(&self, place: &str) -> String {
        self.text("refract.css")
            .replace("url(\"/fonts/", &format!("url(\"{place}"))
    }

    /// The stylesheet with its fonts inside.
    fn style_with_fonts(&self) -> String {
        let mut style = self.style("");
        for (name, bytes) in &self.files {
            if let Some(font) = name.strip_prefix("fonts/") {
                let data = format!("url(\"data:font/woff2;base64,{}\"", STANDARD.encode(bytes));
                style = style.replace(&format!("url(\"{font}\""), &data);
            }
        }
        style
    }

    /// What the page shows until the app has started.
    fn body(&self) -> String {
        let page = self.text("index.html");
        let body = page.split_once("<body>").map_or("", |(_, rest)| rest);
        let body = body.split_once("</body>").map_or(body, |(body, _)| body);
        body.trim().to_owned()
    }

    /// The page of a folder.
    fn page_beside_parts(&self, images: &Images) -> String {
        let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
        let head = format!(
            "<script src=\"theme.js\"></script>\n\
             <link rel=\"icon\" href=\"icon.svg\" type=\"image/svg+xml\">\n\
             <link rel=\"stylesheet\" href=\"refract.css\">\n\
             <script src=\"boot.js\" data-module=\"./{}\" data-wasm=\"./{}\" defer></script>",
            self.ending(".js"),
            self.ending(".wasm"),
        );
        let mut body = self.body();
        images.write(&mut body);
        page(policy, DATA, &head, &body)
    }
}

/// The page with everything inside.
fn one_file(app: &App, parts: &Parts, images: &Images) -> String {
    let theme = app.text("theme.js");
    // The module's text stands inside of an HTML element, which its own `</script` would end.
    let module = app.text(app.ending(".js")) + include_str!("inline.js");
    let module = module.replace("</script", "<\\/script");
    let hash = |script: &str| STANDARD.encode(Sha256::digest(script.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}' 'sha256-{}' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; \
         img-src data:; font-src data:; worker-src blob:; base-uri 'none'; form-action 'none'",
        hash(&theme),
        hash(&module),
    );
    let icon = STANDARD.encode(app.files.get("icon.svg").map_or(&[][..], Vec::as_slice));
    let head = format!(
        "<script>{theme}</script>\n\
         <link rel=\"icon\" href=\"data:image/svg+xml;base64,{icon}\">\n\
         <style>{}</style>",
        app.style_with_fonts(),
    );
    let mut body = app.body();
    let empty = Vec::new();
    let packed = |name: &str| pack(app.files.get(name).unwrap_or(&empty));
    let mut programs = Parts::from([("app".to_owned(), packed(app.ending(".wasm")))]);
    for name in PROGRAMS {
        if name != WORKBENCH || parts.contains_key(WORKBENCH) {
            programs.insert(
                format!("program-{name}"),
                packed(&format!("{name}_bg.wasm")),
            );
            programs.insert(
                format!("program-{name}-start"),
                packed(&format!("{name}.js")),
            );
        }
    }
    for (name, bytes) in parts.iter().chain(&programs) {
        embed(&mut body, name, bytes);
    }
    images.write(&mut body);
    body += "\n<script type=\"module\">";
    body += &module;
    body += "</script>";
    page(&policy, "inline", &head, &body)
}

fn page(policy: &str, place: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"{MARK}\" content=\"{place}\">\n\
         <title>Refract</title>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
}
