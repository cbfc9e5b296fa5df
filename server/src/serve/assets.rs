//! The web app, embedded into the binary as files.

use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use crate::catalog::Dist;

const NO_APP: &str = "<!doctype html><title>Refract</title><p>This binary was built without the web app. \
     Build it with <code>make release</code>, or run <code>make demo</code>.</p>";

/// A file of the app, or its first page for the app's own routes.
pub(super) async fn asset(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Dist::get(path) {
        return serve(path, file);
    }
    let looks_like_file = path.rsplit('/').next().is_some_and(|name| {
        matches!(
            name.rsplit_once('.'),
            Some((
                _,
                "js" | "wasm" | "css" | "svg" | "png" | "ico" | "woff2" | "map" | "json" | "txt"
            ))
        )
    });
    if looks_like_file && !path.starts_with("node/") {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    }
    match Dist::get("index.html") {
        Some(file) => serve("index.html", file),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NO_APP)).into_response(),
    }
}

fn serve(path: &str, file: rust_embed::EmbeddedFile) -> Response {
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    // Trunk puts a hash into the names of what it builds, so those never change under their name. It writes the
    // hash without leading zeros.
    let cache = if path != "index.html" && has_hash(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)],
        file.data.into_owned(),
    )
        .into_response()
}

fn has_hash(path: &str) -> bool {
    path.split(['-', '_', '.', '/'])
        .any(|part| (12..=16).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_cached_for_good() {
        assert!(has_hash("app-0123456789abcdef_bg.wasm"));
        assert!(!has_hash("favicon.svg"));
    }
}
