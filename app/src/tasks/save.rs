//! Files that the page makes and the browser saves.

use js_sys::Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, Url,
};

use crate::state::App;

/// Pixels of a picture for each of the graph, as long as it does not grow beyond [`LARGEST`].
const SHARPNESS: f64 = 2.0;
/// Browsers draw no larger pictures.
const LARGEST: f64 = 8192.0;

/// Saves a text.
pub fn text(app: App, name: &str, kind: &str, text: &str) {
    let saved = blob(kind, text).and_then(|blob| offer(name, &blob));
    told(app, name, &saved);
}

/// Draws an SVG of this size and saves it as PNG.
pub async fn png(app: App, name: &str, svg: &str, width: f64, height: f64) {
    let drawn = draw(svg, width, height).await;
    told(app, name, &drawn.and_then(|blob| offer(name, &blob)));
}

fn told(app: App, name: &str, saved: &Result<(), JsValue>) {
    app.say(match saved {
        Ok(()) => format!("{name} saved"),
        Err(_) => format!("{name} could not be saved"),
    });
}

fn blob(kind: &str, text: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
}

/// Lets the browser save it, as if somebody had followed a link to it.
fn offer(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let link: HtmlAnchorElement = create("a")?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}

async fn draw(svg: &str, width: f64, height: f64) -> Result<Blob, JsValue> {
    let image = HtmlImageElement::new()?;
    // The page's policy lets pictures come from data addresses, not from blobs.
    let encoded = js_sys::encode_uri_component(svg);
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{encoded}"));
    JsFuture::from(image.decode()).await?;
    let ratio = SHARPNESS.min(LARGEST / width).min(LARGEST / height);
    let (width, height) = (width * ratio, height * ratio);
    let canvas: HtmlCanvasElement = create("canvas")?;
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    let promise = js_sys::Promise::new(&mut |done, _| {
        let answer = Closure::once_into_js(move |blob: JsValue| {
            // Nobody waits any more where this fails.
            let _ = done.call1(&JsValue::NULL, &blob);
        });
        // Without an answer the promise would wait for ever; a canvas that was just drawn on gives one.
        let _ = canvas.to_blob(answer.unchecked_ref());
    });
    JsFuture::from(promise).await?.dyn_into()
}

fn create<T: JsCast>(tag: &str) -> Result<T, JsValue> {
    let document = web_sys::window()
        .and_then(|window| window.document())
        .ok_or(JsValue::NULL)?;
    let element = document.create_element(tag)?;
    element.dyn_into().map_err(JsValue::from)
}
