//! Where the images of descriptions are: behind the server, beside an exported page, or inside of it.

use compiler::index::images;

use super::export;

/// The address of an image by its path below the target folder; `None` where the page was exported without it.
pub fn address(path: &str) -> Option<String> {
    let name = images::encode(path);
    if !export::is_exported() {
        return Some(format!("/api/v1/images/{name}"));
    }
    let kind = images::kind(path)?;
    match export::inside(&format!("image:{name}")) {
        Some(image) => Some(format!("data:{kind};base64,{image}")),
        // Images that are documents travel inside of the page alone: see `server/src/catalog/images.rs`.
        None if export::is_inline() || kind == images::SVG => None,
        None => Some(format!("images/{name}")),
    }
}
