//! Descriptions are hostile input: Markdown becomes a tree of allowed nodes, raw HTML is dropped.

use compiler::index::images;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// A node of a description. There is no node for HTML or scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Text.
    Text(String),
    /// Code in a line.
    Code(String),
    /// A line's end that the writer meant.
    Break,
    /// A rule.
    Rule,
    /// A block of code.
    CodeBlock(String),
    /// An image of the project's own.
    Image {
        /// Its path below the target folder, as [`images::path`] hands it out.
        path: String,
        /// What stands in its place for who cannot see it.
        alt: String,
    },
    /// Anything with content.
    Element(Element, Vec<Node>),
}

/// Elements with content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A paragraph.
    Paragraph,
    /// A heading; 3 to 5, so that it stays below the page's own.
    Heading(u8),
    /// A list; with a number where it counts.
    List(Option<u64>),
    /// An item.
    Item,
    /// A quotation.
    Quote,
    /// Stress.
    Emphasis,
    /// More stress.
    Strong,
    /// Struck out.
    Strike,
    /// A link to an address that [`allowed`] has passed.
    Link(String),
    /// A link whose address is not allowed: only its text stays.
    Plain,
    /// A table.
    Table,
    /// A table's line.
    Row,
    /// A table's cell; whether it is a head.
    Cell(bool),
}

/// Whether a link may be followed: web, mail, and places in the page.
pub fn allowed(address: &str) -> bool {
    let address = address.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:", "#"]
        .iter()
        .any(|start| address.starts_with(start))
        && !address.contains(|letter: char| letter.is_control())
}

/// The nodes of a description.
pub fn parse(text: &str) -> Vec<Node> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut builder = Builder {
        stack: vec![(Element::Plain, Vec::new())],
        code: None,
        head: false,
        image: None,
    };
    for event in Parser::new_ext(text, options) {
        builder.event(event);
    }
    while builder.stack.len() > 1 {
        builder.close();
    }
    builder
        .stack
        .pop()
        .map(|(_, nodes)| nodes)
        .unwrap_or_default()
}

/// The first `most` characters of a description without its marks, for lists.
pub fn plain(text: &str, most: usize) -> String {
    let mut out = String::new();
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(part) | Event::Code(part) => out.push_str(&part),
            Event::SoftBreak
            | Event::HardBreak
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                out.push(' ');
            }
            _ => {}
        }
        if out.len() > most * 4 {
            break;
        }
    }
    super::format::short(out.trim(), most)
}

struct Builder {
    stack: Vec<(Element, Vec<Node>)>,
    code: Option<String>,
    head: bool,
    /// The path of the image whose alternative text is read, and how deep it stands.
    image: Option<(String, usize)>,
}

/// What is to be read in some nodes.
fn text_of(nodes: &[Node]) -> String {
    let texts = nodes.iter().map(|node| match node {
        Node::Text(text) | Node::Code(text) | Node::CodeBlock(text) => text.clone(),
        Node::Image { alt, .. } => alt.clone(),
        Node::Break | Node::Rule => " ".to_owned(),
        Node::Element(_, inner) => text_of(inner),
    });
    texts.collect()
}

impl Builder {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.push(Node::Text(text.into_string())),
            },
            Event::Code(text) => self.push(Node::Code(text.into_string())),
            Event::SoftBreak => self.push(Node::Text(" ".to_owned())),
            Event::HardBreak => self.push(Node::Break),
            Event::Rule => self.push(Node::Rule),
            // Raw HTML and everything that was not asked for.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let element = match tag {
            Tag::Paragraph => Element::Paragraph,
            Tag::Heading { level, .. } => Element::Heading(match level {
                HeadingLevel::H1 => 3,
                HeadingLevel::H2 => 4,
                _ => 5,
            }),
            Tag::BlockQuote(_) => Element::Quote,
            Tag::CodeBlock(_) => {
                self.code = Some(String::new());
                return;
            }
            Tag::List(start) => Element::List(start),
            Tag::Item => Element::Item,
            Tag::Emphasis => Element::Emphasis,
            Tag::Strong => Element::Strong,
            Tag::Strikethrough => Element::Strike,
            Tag::Link { dest_url, .. } if allowed(&dest_url) => {
                Element::Link(dest_url.trim().to_owned())
            }
            Tag::Image { dest_url, .. } => {
                if let Some(path) = images::path(&dest_url) {
                    self.image = Some((path, self.stack.len()));
                    Element::Plain
                } else if allowed(&dest_url) && !self.in_link() {
                    // An image from elsewhere is not asked for before somebody wants to see it.
                    Element::Link(dest_url.trim().to_owned())
                } else {
                    Element::Plain
                }
            }
            Tag::Table(_) => Element::Table,
            Tag::TableHead => {
                self.head = true;
                Element::Row
            }
            Tag::TableRow => Element::Row,
            Tag::TableCell => Element::Cell(self.head),
            _ => Element::Plain,
        };
        self.stack.push((element, Vec::new()));
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.push(Node::CodeBlock(code.trim_end_matches('\n').to_owned()));
            }
            TagEnd::TableHead => {
                self.head = false;
                self.close();
            }
            TagEnd::Image => match self
                .image
                .take_if(|(_, depth)| *depth + 1 == self.stack.len())
            {
                Some((path, _)) => {
                    let inner = self.stack.pop().map(|(_, nodes)| nodes);
                    let alt = text_of(&inner.unwrap_or_default());
                    self.push(Node::Image { path, alt });
                }
                None => self.close(),
            },
            _ => self.close(),
        }
    }

    fn in_link(&self) -> bool {
        let is_link = |element: &Element| matches!(element, Element::Link(_));
        self.stack.iter().any(|(element, _)| is_link(element))
    }

    fn close(&mut self) {
        if self.stack.len() < 2 {
            return;
        }
        if let Some((element, nodes)) = self.stack.pop() {
            self.push(Node::Element(element, nodes));
        }
    }

    fn push(&mut self, node: Node) {
        if let Some((_, nodes)) = self.stack.last_mut() {
            nodes.push(node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    #[test]
    fn html_is_dropped_and_its_text_is_text() {
        let nodes = parse("Hi <b onclick=evil()>there</b>\n\n<script>alert(1)</script>\n");
        assert_eq!(
            nodes,
            [
                Node::Element(Element::Paragraph, vec![text("Hi "), text("there")]),
                Node::Element(Element::Plain, vec![])
            ]
        );
    }

    #[test]
    fn only_web_mail_and_page_links_stay_links() {
        for (address, stays) in [
            ("https://example.org/a", true),
            ("HTTP://example.org", true),
            ("mailto:a@example.org", true),
            ("#columns", true),
            ("javascript:alert(1)", false),
            (" java\tscript:alert(1)", false),
            ("data:text/html,x", false),
            ("//evil.example", false),
            ("/node/x", false),
        ] {
            assert_eq!(allowed(address), stays, "{address}");
        }
        let inner = paragraph("[go](javascript:alert(1))");
        assert_eq!(inner, [Node::Element(Element::Plain, vec![text("go")])]);
    }

    fn paragraph(text: &str) -> Vec<Node> {
        match parse(text).into_iter().next() {
            Some(Node::Element(Element::Paragraph, inner)) => inner,
            other => panic!("a paragraph, not {other:?}"),
        }
    }

    #[test]
    fn only_the_projects_own_images_are_shown() {
        let image = |path: &str, alt: &str| Node::Image {
            path: path.to_owned(),
            alt: alt.to_owned(),
        };
        assert_eq!(
            paragraph("![The *way* of `orders`](./assets/way.png \"title\")"),
            [image("assets/way.png", "The way of orders")]
        );
        assert_eq!(
            paragraph("![er][one]\n\n[one]: assets/er.svg"),
            [image("assets/er.svg", "er")]
        );
        // From elsewhere it is a link, and inside of a link its text.
        let link = |address: &str, inner| Node::Element(Element::Link(address.to_owned()), inner);
        assert_eq!(
            paragraph("![img](https://example.org/x.png)"),
            [link("https://example.org/x.png", vec![text("img")])]
        );
        assert_eq!(
            paragraph("[![badge](https://example.org/x.png)](https://example.org)"),
            [link(
                "https://example.org",
                vec![Node::Element(Element::Plain, vec![text("badge")])]
            )]
        );
        assert_eq!(
            paragraph("[![way](assets/way.png)](https://example.org)"),
            [link(
                "https://example.org",
                vec![image("assets/way.png", "way")]
            )]
        );
        for address in [
            "javascript:alert(1)//a.png",
            "data:image/svg+xml;base64,PHN2Zy8+",
            "//host/assets/a.png",
            "../assets/a.png",
            "assets/%2e%2e/a.png",
            "assets/a.html",
        ] {
            assert_eq!(
                paragraph(&format!("![x](<{address}>)")),
                [Node::Element(Element::Plain, vec![text("x")])],
                "{address}"
            );
        }
    }

    #[test]
    fn blocks_keep_their_structure() {
        let nodes = parse("# Title\n- one\n- `two`\n\n```sql\nselect 1\n```\n");
        assert_eq!(
            nodes[0],
            Node::Element(Element::Heading(3), vec![text("Title")])
        );
        assert_eq!(
            nodes[1],
            Node::Element(
                Element::List(None),
                vec![
                    Node::Element(Element::Item, vec![text("one")]),
                    Node::Element(Element::Item, vec![Node::Code("two".to_owned())]),
                ],
            )
        );
        assert_eq!(nodes[2], Node::CodeBlock("select 1".to_owned()));
    }

    #[test]
    fn plain_text_for_lists_has_no_marks() {
        assert_eq!(
            plain("**One** row for\neach `order_id`.\n\nMore.", 60),
            "One row for each order_id. More."
        );
        assert_eq!(plain("abcdefgh", 5), "abcd…");
    }
}
