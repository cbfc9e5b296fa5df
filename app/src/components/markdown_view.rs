//! Draws a description from its allowed nodes.

use leptos::prelude::*;

use crate::model::markdown::{Element, Node, parse};
use crate::queries::image;

/// A description as a block; nothing where there is none.
pub fn markdown(text: &str) -> AnyView {
    if text.trim().is_empty() {
        return ().into_any();
    }
    view! { <div class="markdown">{draw_all(parse(text))}</div> }.into_any()
}

fn draw_all(nodes: Vec<Node>) -> Vec<AnyView> {
    nodes.into_iter().map(draw).collect()
}

fn draw(node: Node) -> AnyView {
    match node {
        Node::Text(text) => text.into_any(),
        Node::Code(text) => view! { <code>{text}</code> }.into_any(),
        Node::Break => view! { <br/> }.into_any(),
        Node::Rule => view! { <hr/> }.into_any(),
        Node::CodeBlock(text) => view! { <pre><code>{text}</code></pre> }.into_any(),
        Node::Image { path, alt } => picture(&path, alt),
        Node::Element(element, nodes) => wrap(element, draw_all(nodes)),
    }
}

/// An image, or what it shows in words where it cannot be had.
fn picture(path: &str, alt: String) -> AnyView {
    let missing = RwSignal::new(false);
    let words = match alt.trim() {
        "" => path.to_owned(),
        alt => alt.to_owned(),
    };
    let address = image::address(path);
    let shown = move || {
        match address.clone().filter(|_| !missing.get()) {
        Some(address) => view! {
            <img src=address alt=alt.clone() loading="lazy" decoding="async" on:error=move |_| missing.set(true)/>
        }
        .into_any(),
        None => view! { <span class="faint">{words.clone()} " (image not here)"</span> }.into_any(),
    }
    };
    shown.into_any()
}

fn wrap(element: Element, inner: Vec<AnyView>) -> AnyView {
    match element {
        Element::Paragraph => view! { <p>{inner}</p> }.into_any(),
        Element::Heading(3) => view! { <h3>{inner}</h3> }.into_any(),
        Element::Heading(4) => view! { <h4>{inner}</h4> }.into_any(),
        Element::Heading(_) => view! { <h5>{inner}</h5> }.into_any(),
        Element::List(None) => view! { <ul>{inner}</ul> }.into_any(),
        Element::List(Some(start)) => view! { <ol start=start.to_string()>{inner}</ol> }.into_any(),
        Element::Item => view! { <li>{inner}</li> }.into_any(),
        Element::Quote => view! { <blockquote>{inner}</blockquote> }.into_any(),
        Element::Emphasis => view! { <em>{inner}</em> }.into_any(),
        Element::Strong => view! { <strong>{inner}</strong> }.into_any(),
        Element::Strike => view! { <s>{inner}</s> }.into_any(),
        Element::Link(address) => {
            view! { <a href=address rel="external noopener noreferrer">{inner}</a> }.into_any()
        }
        Element::Plain => inner.into_any(),
        Element::Table => view! { <table><tbody>{inner}</tbody></table> }.into_any(),
        Element::Row => view! { <tr>{inner}</tr> }.into_any(),
        Element::Cell(true) => view! { <th>{inner}</th> }.into_any(),
        Element::Cell(false) => view! { <td>{inner}</td> }.into_any(),
    }
}
