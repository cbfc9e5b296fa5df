//! The graph as an SVG picture: all that the view shows, wherever the camera is.

use std::fmt::Write as _;

use super::scene::{Edge, NODE_HEIGHT, NODE_WIDTH, OpenGroup, Scene, SceneNode};

/// Room around the graph.
const MARGIN: f64 = 24.0;
/// Letters of a name that a box has room for.
const LETTERS: usize = 25;
const STRIP: f64 = 5.0;
const RADIUS: f64 = 7.0;

/// Colours and font of a picture, as CSS has them.
#[derive(Clone, Copy)]
pub struct Ink<'a> {
    /// Behind everything.
    pub ground: &'a str,
    /// Of boxes.
    pub node: &'a str,
    /// Of their borders.
    pub node_line: &'a str,
    /// Of lines.
    pub edge: &'a str,
    /// Of names.
    pub text: &'a str,
    /// Of names.
    pub font: &'a str,
    /// What the colour of a box stands for.
    pub color: &'a dyn Fn(&SceneNode) -> String,
}

/// Draws the whole scene. Tells width and height, in pixels, with it.
pub fn svg(scene: &Scene, ink: &Ink<'_>) -> (String, f64, f64) {
    let (left, top, right, bottom) = scene.bounds();
    let (left, top) = (left - MARGIN, top - MARGIN);
    let (width, height) = (right + MARGIN - left, bottom + MARGIN - top);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{left:.1} {top:.1} {width:.1} {height:.1}\" font-family=\"{}\" font-size=\"13\">\n\
         <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{}\"/>\n\
         <g fill=\"none\" stroke=\"{}\" stroke-width=\"1.4\">\n",
        escape(ink.font),
        escape(ink.ground),
        escape(ink.edge)
    );
    for edge in &scene.edges {
        let _ = writeln!(out, "<path d=\"{}\"/>", path(scene, edge));
    }
    out += "</g>\n";
    for group in &scene.open {
        border(&mut out, group, ink);
    }
    for node in &scene.nodes {
        boxed(&mut out, node, ink);
    }
    out += "</svg>\n";
    (out, width, height)
}

/// From the right side of one box through its bends to the left side of the other.
fn path(scene: &Scene, edge: &Edge) -> String {
    let (from, to) = (
        &scene.nodes[edge.from as usize],
        &scene.nodes[edge.to as usize],
    );
    let half = NODE_WIDTH / 2.0;
    let (mut x, mut y) = (from.x + half, from.y);
    let mut out = format!("M{x:.1} {y:.1}");
    let bends = edge.bends.iter().map(|bend| {
        let [left, right, y] = [bend.left, bend.right, bend.y].map(f64::from);
        (left, y, Some(right))
    });
    for (goal, end_y, until) in bends.chain([(to.x, to.y, None)]) {
        let end_x = goal - half;
        let middle = f64::midpoint(x, end_x);
        let _ = write!(
            out,
            "C{middle:.1} {y:.1} {middle:.1} {end_y:.1} {end_x:.1} {end_y:.1}"
        );
        (x, y) = (end_x, end_y);
        if let Some(right) = until {
            x = right + half;
            let _ = write!(out, "H{x:.1}");
        }
    }
    out
}

fn border(out: &mut String, group: &OpenGroup, ink: &Ink<'_>) {
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"12\" fill=\"none\" stroke=\"{}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\">{}</text>",
        group.left,
        group.top,
        group.right - group.left,
        group.bottom - group.top,
        escape(ink.node_line),
        group.left + 14.0,
        group.top + 22.0,
        escape(ink.text),
        escape(&group.label),
    );
}

fn boxed(out: &mut String, node: &SceneNode, ink: &Ink<'_>) {
    let (left, top) = (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0);
    let title = node.title();
    let _ = writeln!(
        out,
        "<g><title>{}</title>\
         <rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{NODE_WIDTH}\" height=\"{NODE_HEIGHT}\" rx=\"{RADIUS}\" fill=\"{}\" stroke=\"{}\"/>\
         <rect x=\"{:.1}\" y=\"{:.1}\" width=\"{STRIP}\" height=\"{}\" rx=\"2.5\" fill=\"{}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\">{}</text></g>",
        escape(&node.id),
        escape(ink.node),
        escape(ink.node_line),
        left + 4.0,
        top + 6.0,
        NODE_HEIGHT - 12.0,
        escape(&(ink.color)(node)),
        left + 18.0,
        node.y + 4.5,
        escape(ink.text),
        escape(&cut(&title)),
    );
}

/// A name that fits into its box: what is too long loses its middle, since names differ at their ends.
fn cut(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LETTERS {
        return name.to_owned();
    }
    let side = (LETTERS - 1) / 2;
    let front: String = letters[..side].iter().collect();
    let back: String = letters[letters.len() - side..].iter().collect();
    format!("{front}…{back}")
}

/// Text as XML has it; characters that XML cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::route::LineageView;
    use crate::model::testing::{chain, laid_out};

    #[test]
    fn a_picture_has_each_box_and_line_once_and_no_markup_of_names() {
        let catalog = chain(&["a<script>", "b&\"", &"long_name_".repeat(5)]);
        let scene = laid_out(&catalog, &LineageView::default());
        let ink = Ink {
            ground: "white",
            node: "white",
            node_line: "gray",
            edge: "gray",
            text: "black",
            font: "\"IBM Plex Sans\", sans-serif",
            color: &|node| format!("color-of-{}", node.kind),
        };
        let (svg, width, height) = svg(&scene, &ink);
        assert!(width > 3.0 * NODE_WIDTH && height > NODE_HEIGHT);
        assert_eq!(svg.matches("<title>").count(), 3);
        assert_eq!(svg.matches("<path ").count(), scene.edges.len());
        assert!(svg.contains("a&lt;script&gt;") && svg.contains("b&amp;&quot;"));
        assert!(!svg.contains("<script>"));
        assert!(svg.contains(">long_name_lo…e_long_name_<"), "{svg}");
        assert!(svg.contains("color-of-model"));
    }
}
