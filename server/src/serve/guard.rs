//! Who may ask: only this machine, only this page, and changes only with the page's own token.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::ApiError;
use super::state::App;

/// The header that changes carry the page's token in.
const TOKEN_HEADER: &str = "x-refract-token";

const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Refuses foreign hosts and origins, and changes without the token; adds the security headers to every answer.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let refused = check(&app, request.method(), request.headers());
    let mut response = match refused {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        // What may be a document of somebody else's has a stricter policy of its own.
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn check(app: &App, method: &Method, headers: &HeaderMap) -> Option<ApiError> {
    let host = text(headers, header::HOST).unwrap_or_default();
    if !app.is_own_host(host) {
        // A foreign name that resolves to this machine would let its page read the catalog (DNS rebinding).
        return Some(ApiError::forbidden(
            "foreign-host",
            format!("'{host}' is not a host of this server"),
        ));
    }
    if let Some(origin) = text(headers, header::ORIGIN)
        && !origin
            .strip_prefix("http://")
            .is_some_and(|host| app.is_own_host(host))
    {
        return Some(ApiError::forbidden(
            "foreign-origin",
            format!("'{origin}' may not use this server"),
        ));
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    let token = headers
        .get(TOKEN_HEADER)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if same(token.as_bytes(), app.token().expose().as_bytes()) {
        return None;
    }
    Some(
        ApiError::forbidden(
            "token",
            "changes need the page's token in the header x-refract-token",
        )
        .hint("read it from /api/v1/session; it changes when the server starts"),
    )
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Compares without telling by its time where the first difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App::new(
            "target".into(),
            None,
            "127.0.0.1:8080".parse().unwrap(),
            None,
        )
    }

    fn code(method: Method, headers: &[(&'static str, &str)]) -> Option<&'static str> {
        let app = app();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = if *value == "TOKEN" {
                app.token().expose()
            } else {
                value
            };
            map.insert(*name, value.parse().unwrap());
        }
        check(&app, &method, &map).map(|error| error.code())
    }

    #[test]
    fn reading_needs_an_own_host() {
        assert_eq!(code(Method::GET, &[("host", "127.0.0.1:8080")]), None);
        assert_eq!(code(Method::GET, &[("host", "localhost:8080")]), None);
        assert_eq!(
            code(Method::GET, &[("host", "evil.example")]),
            Some("foreign-host")
        );
        assert_eq!(
            code(Method::GET, &[("host", "127.0.0.1:9")]),
            Some("foreign-host")
        );
        assert_eq!(code(Method::GET, &[]), Some("foreign-host"));
    }

    #[test]
    fn changing_needs_the_token_and_no_foreign_origin() {
        let host = ("host", "127.0.0.1:8080");
        assert_eq!(code(Method::POST, &[host]), Some("token"));
        assert_eq!(
            code(Method::POST, &[host, ("x-refract-token", "guess")]),
            Some("token")
        );
        assert_eq!(
            code(Method::POST, &[host, ("x-refract-token", "TOKEN")]),
            None
        );
        assert_eq!(
            code(
                Method::DELETE,
                &[
                    host,
                    ("x-refract-token", "TOKEN"),
                    ("origin", "http://evil.example")
                ]
            ),
            Some("foreign-origin")
        );
        assert_eq!(
            code(
                Method::DELETE,
                &[
                    host,
                    ("x-refract-token", "TOKEN"),
                    ("origin", "http://127.0.0.1:8080")
                ]
            ),
            None
        );
    }
}
