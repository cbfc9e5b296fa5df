//! Requests to the server that served the page.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use super::export;

/// Why a request failed, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status; 0 where there was no answer.
    pub status: u16,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ApiError {
    fn unreachable() -> Self {
        Self {
            status: 0,
            message: "the server does not answer".to_owned(),
            hint: Some("Is `refract serve` still running?".to_owned()),
        }
    }

    /// Whether the thing asked for does not exist.
    pub fn is_missing(&self) -> bool {
        self.status == 404
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorText,
}

#[derive(Deserialize)]
struct ErrorText {
    message: String,
    #[serde(default)]
    hint: Option<String>,
}

/// Reads JSON.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    parse(&text(path).await?)
}

/// Reads text.
pub async fn text(path: &str) -> Result<String, ApiError> {
    if export::is_exported() {
        return export::answer(path).await;
    }
    request("GET", path, None, None).await
}

/// Sends a change with the page's token; the answer's text is empty where there is none.
pub async fn send(
    method: &str,
    path: &str,
    token: &str,
    body: Option<&str>,
) -> Result<String, ApiError> {
    request(method, path, Some(token), body).await
}

/// Parses an answer.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError {
        status: 200,
        message: format!("the server's answer could not be read: {error}"),
        hint: Some("Reload the page: it may be older than the server.".to_owned()),
    })
}

async fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Result<String, ApiError> {
    let response = fetch(method, path, token, body)
        .await
        .map_err(|_| ApiError::unreachable())?;
    let text = match response.text() {
        Ok(promise) => JsFuture::from(promise)
            .await
            .map_err(|_| ApiError::unreachable())?,
        Err(_) => return Err(ApiError::unreachable()),
    };
    let text = text.as_string().unwrap_or_default();
    if response.ok() {
        return Ok(text);
    }
    Err(match serde_json::from_str::<ErrorBody>(&text) {
        Ok(body) => ApiError {
            status: response.status(),
            message: body.error.message,
            hint: body.error.hint,
        },
        Err(_) => ApiError {
            status: response.status(),
            message: format!(
                "the server answered {} {}",
                response.status(),
                response.status_text()
            ),
            hint: None,
        },
    })
}

async fn fetch(
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "application/json, text/*")?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(token) = token {
        headers.set("x-refract-token", token)?;
    }
    if let Some(body) = body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_str_and_init(path, &init))
        .await?
        .dyn_into()
}
