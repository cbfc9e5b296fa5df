//! The data of a page that was exported: it answers what a server would be asked.
//!
//! An exported page names in `<meta name="refract-export">` where its parts are: `inline` (in the page itself) or a folder
//! beside it. Each part is JSON, compressed with gzip; inside of a page it stands as Base64 in a `script` element.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use js_sys::{Array, Reflect};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, ReadableWritablePair, Response};

use super::http::ApiError;
use crate::model::route::decode;

/// The place of parts that stand in the page itself.
const INLINE: &str = "inline";

thread_local! {
    /// Parts that were read before.
    static READ: RefCell<HashMap<String, Rc<str>>> = RefCell::default();
}

/// Whether this page was exported, so that there is no server behind it.
pub fn is_exported() -> bool {
    place().is_some()
}

/// Whether this page was exported with everything inside.
pub fn is_inline() -> bool {
    place().is_some_and(|place| place == INLINE)
}

/// Where the parts are.
fn place() -> Option<String> {
    element("meta[name=refract-export]")?.get_attribute("content")
}

fn element(selector: &str) -> Option<Element> {
    web_sys::window()?
        .document()?
        .query_selector(selector)
        .ok()?
}

/// What stands in the page itself under a name, as Base64.
pub fn inside(name: &str) -> Option<String> {
    let script = element(&format!("script[data-part=\"{name}\"]"))?;
    Some(script.text_content()?.trim().to_owned())
}

/// What a server would answer to `GET path`.
pub async fn answer(path: &str) -> Result<String, ApiError> {
    let path = path.split('?').next().unwrap_or_default();
    let asked = path.strip_prefix("/api/v1/").unwrap_or(path);
    match asked.split('/').collect::<Vec<_>>().as_slice() {
        [
            name @ ("index" | "session" | "search-texts" | "column-lineage" | "changes"
            | "workbench"),
        ] => Ok(part(name).await?.to_string()),
        ["nodes", id] => Ok(node(&decode(id)).await?.to_string()),
        ["contracts", id] => match node(&decode(id)).await?.get_mut("contract") {
            Some(contract) if !contract.is_null() => Ok(contract.take().to_string()),
            _ => Err(missing("this model has no feature contract")),
        },
        ["runs"] => {
            let runs: Value = parse(&runs("runs").await)?;
            let list: Vec<&Value> = runs
                .as_object()
                .into_iter()
                .flat_map(|runs| runs.values())
                .collect();
            Ok(serde_json::to_string(&list).unwrap_or_default())
        }
        ["runs", id] => entry("runs", &decode(id))
            .await?
            .ok_or_else(|| missing("this run was not exported")),
        ["nodes", id, "runs"] => Ok(entry("node-runs", &decode(id))
            .await?
            .unwrap_or_else(|| "[]".to_owned())),
        _ => Err(missing("an exported catalog does not have this")),
    }
}

/// A part of the history; empty where the catalog was exported without one.
async fn runs(name: &str) -> Rc<str> {
    part(name).await.unwrap_or_else(|_| "{}".into())
}

/// What a part of the history has under an id.
async fn entry(name: &str, id: &str) -> Result<Option<String>, ApiError> {
    let all: Value = parse(&runs(name).await)?;
    Ok(all.get(id).map(Value::to_string))
}

/// Everything about one node. Nodes come in groups, since many small parts compress badly.
async fn node(id: &str) -> Result<Value, ApiError> {
    let session: Value = parse(&part("session").await?)?;
    let groups = session["node_groups"].as_u64().unwrap_or(1).max(1);
    let group = part(&format!("nodes-{}", compiler::index::group_of(id, groups))).await?;
    let mut nodes: Value = parse(&group)?;
    match nodes.get_mut(id) {
        Some(node) => Ok(node.take()),
        None => Err(missing(&format!("the catalog has no '{id}'"))),
    }
}

async fn part(name: &str) -> Result<Rc<str>, ApiError> {
    if let Some(known) = READ.with_borrow(|read| read.get(name).cloned()) {
        return Ok(known);
    }
    let text: Rc<str> = read(name).await.map_err(|_| unreadable(name))?.into();
    READ.with_borrow_mut(|read| read.insert(name.to_owned(), Rc::clone(&text)));
    Ok(text)
}

/// A part that is text and asked for once.
pub async fn text(name: &str) -> Result<String, ApiError> {
    read(name).await.map_err(|_| unreadable(name))
}

/// A part that is no text, as an `ArrayBuffer`.
pub async fn bytes(name: &str) -> Result<JsValue, ApiError> {
    let read = async {
        let buffer = unpacked(name).await?.array_buffer()?;
        JsFuture::from(buffer).await
    };
    read.await.map_err(|_| unreadable(name))
}

async fn read(name: &str) -> Result<String, JsValue> {
    let text = unpacked(name).await?.text()?;
    JsFuture::from(text).await?.as_string().ok_or(JsValue::NULL)
}

async fn unpacked(name: &str) -> Result<Response, JsValue> {
    let place = place().ok_or(JsValue::NULL)?;
    let packed: Response = if place == INLINE {
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let binary = window.atob(&inside(name).ok_or(JsValue::NULL)?)?;
        // One character for each byte.
        let bytes: Vec<u8> = binary.chars().map(|c| c as u8).collect();
        Response::new_with_opt_js_u8_array(Some(&js_sys::Uint8Array::from(bytes.as_slice())))?
    } else {
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let answer: Response = JsFuture::from(window.fetch_with_str(&format!("{place}{name}.bin")))
            .await?
            .dyn_into()?;
        if !answer.ok() {
            return Err(JsValue::NULL);
        }
        answer
    };
    let stream = packed.body().ok_or(JsValue::NULL)?.pipe_through(&gunzip()?);
    Response::new_with_opt_readable_stream(Some(&stream))
}

/// A `DecompressionStream`, for which `web-sys` has no stable binding.
fn gunzip() -> Result<ReadableWritablePair, JsValue> {
    let constructor = Reflect::get(&js_sys::global(), &"DecompressionStream".into())?;
    let stream = Reflect::construct(
        constructor
            .dyn_ref::<js_sys::Function>()
            .ok_or(JsValue::NULL)?,
        &Array::of1(&"gzip".into()),
    )?;
    Ok(stream.unchecked_into())
}

fn parse(text: &str) -> Result<Value, ApiError> {
    super::http::parse(text)
}

fn unreadable(name: &str) -> ApiError {
    ApiError {
        status: 0,
        message: format!("the part '{name}' of this catalog cannot be read"),
        hint: Some("Was the page moved without what lies beside it? Export it again.".to_owned()),
    }
}

fn missing(message: &str) -> ApiError {
    ApiError {
        status: 404,
        message: message.to_owned(),
        hint: None,
    }
}
