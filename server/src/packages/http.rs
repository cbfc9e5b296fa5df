//! Fetching over HTTP: timeouts, retries, proxies, certificates.

use std::io::Read;
use std::time::Duration;

use compiler::secret::Secret;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::shown;
use crate::execute::CancelToken;

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server answered, but with this status.
    #[error("{url} answered with status {status}")]
    Status { url: String, status: u16 },
    /// No answer, or none that could be read to its end.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// More than anybody would send in earnest.
    #[error("{url} sends more than {} MiB", limit >> 20)]
    TooLarge { url: String, limit: u64 },
    /// What came is not what was asked for.
    #[error("{url} sends {reason}")]
    Nonsense { url: String, reason: String },
    /// The address itself, a proxy or a certificate file is wrong.
    #[error("{0}")]
    Setup(String),
    /// The user stopped the command.
    #[error("stopped")]
    Stopped,
}

impl FetchError {
    /// Whether another try may do better.
    fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500 || *status == 429 || *status == 408,
            Self::Unreachable { .. } | Self::Nonsense { .. } => true,
            Self::TooLarge { .. } | Self::Setup(_) | Self::Stopped => false,
        }
    }

    /// Whether the network or the server is down, so that what the cache holds will do.
    pub fn is_outage(&self) -> bool {
        self.is_passing()
    }
}

/// Looks environment variables up.
type Environment = Box<dyn Fn(&str) -> Option<String>>;

/// Told of each try that failed and is made again: the try from 1, all tries, the reason.
type Again = Box<dyn Fn(u32, u32, &str)>;

/// Fetches.
pub struct Client {
    env: Environment,
    roots: RootCerts,
    retries: u32,
    cancel: CancelToken,
    again: Again,
}

/// How often a failed try is made again, unless `REFRACT_DEPS_RETRIES` says otherwise.
const RETRIES: u32 = 4;
/// Wait before the first repetition; each later one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(250);

impl Client {
    /// A client with this environment.
    pub fn new(env: Environment, cancel: CancelToken, again: Again) -> Result<Self, FetchError> {
        let roots = roots(env.as_ref())?;
        let retries = env("REFRACT_DEPS_RETRIES").and_then(|text| text.parse().ok());
        Ok(Self {
            retries: retries.unwrap_or(RETRIES),
            env,
            roots,
            cancel,
            again,
        })
    }

    /// Seconds that the download of an archive may take to answer; dbt's `DBT_HTTP_TIMEOUT`, 10 by default.
    pub fn download_timeout(&self) -> Duration {
        (self.env)("DBT_HTTP_TIMEOUT")
            .and_then(|text| text.parse().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|timeout| !timeout.is_zero())
            .unwrap_or(Duration::from_secs(10))
    }

    /// Fetches an address and reads what came with `read`; both are tried again while they may do better.
    pub fn fetch<T>(
        &self,
        url: &str,
        timeout: Duration,
        limit: u64,
        read: impl Fn(Vec<u8>) -> Result<T, String>,
    ) -> Result<T, FetchError> {
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            if self.cancel.is_cancelled() {
                return Err(FetchError::Stopped);
            }
            tries += 1;
            let answer = self.once(url, timeout, limit).and_then(|body| {
                read(body).map_err(|reason| FetchError::Nonsense {
                    url: shown::address(url),
                    reason,
                })
            });
            match answer {
                Err(error) if error.is_passing() && tries <= self.retries => {
                    (self.again)(tries, self.retries + 1, &error.to_string());
                    if self.cancel.wait(wait) {
                        return Err(FetchError::Stopped);
                    }
                    wait *= 2;
                }
                other => return other,
            }
        }
    }

    fn once(&self, url: &str, timeout: Duration, limit: u64) -> Result<Vec<u8>, FetchError> {
        let shown_url = shown::address(url);
        let (bare, login) = split_login(url);
        let uri: Uri = bare
            .parse()
            .map_err(|_| FetchError::Setup(format!("'{shown_url}' is no address")))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(FetchError::Setup(format!(
                "'{shown_url}' is no http or https address"
            )));
        }
        let mut request = self.agent(&uri, timeout)?.get(&bare);
        if let Some(login) = login {
            request = request.header(
                "authorization",
                format!("Basic {}", base64(login.expose().as_bytes())),
            );
        }
        let unreachable = |reason: String| FetchError::Unreachable {
            url: shown_url.clone(),
            reason: shown::text(&reason),
        };
        let response = request.call().map_err(|error| match error {
            ureq::Error::StatusCode(status) => FetchError::Status {
                url: shown_url.clone(),
                status,
            },
            other => unreachable(words(&other)),
        })?;
        let mut reader = response.into_body().into_reader();
        let mut body = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            if self.cancel.is_cancelled() {
                return Err(FetchError::Stopped);
            }
            let count = reader
                .read(&mut buffer)
                .map_err(|error| unreachable(words(&ureq::Error::from(error))))?;
            if count == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&buffer[..count]);
            if body.len() as u64 > limit {
                return Err(FetchError::TooLarge {
                    url: shown_url,
                    limit,
                });
            }
        }
    }

    fn agent(&self, uri: &Uri, timeout: Duration) -> Result<Agent, FetchError> {
        let proxy = match proxy_for(self.env.as_ref(), uri) {
            None => None,
            Some(address) => Some(ureq::Proxy::new(&address).map_err(|_| {
                FetchError::Setup(format!(
                    "the proxy's address '{}' makes no sense",
                    shown::address(&address)
                ))
            })?),
        };
        Ok(Agent::config_builder()
            .proxy(proxy)
            .user_agent(concat!("refract/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            // An archive may be large and a line slow: the whole is bounded generously.
            .timeout_recv_body(Some(timeout * 30))
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .build()
            .into())
    }
}

/// What went wrong, for people.
fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::HostNotFound => "its host is not known".to_owned(),
        ureq::Error::ConnectionFailed => "no connection".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Timeout(_) => "it took too long".to_owned(),
        other => other.to_string(),
    }
}

/// An address without the login in it, and that login.
fn split_login(url: &str) -> (String, Option<Secret>) {
    let Some((scheme, rest)) = url.split_once("://") else {
        return (url.to_owned(), None);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => (
            format!("{scheme}://{}", &rest[at + 1..]),
            Some(Secret::new(percent_decoded(&rest[..at]))),
        ),
        None => (url.to_owned(), None),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code) = code {
            bytes.push(code);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(DIGITS[(word >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// Certificates to trust: those of the variables that Python's requests and OpenSSL read, otherwise Mozilla's.
fn roots(env: &dyn Fn(&str) -> Option<String>) -> Result<RootCerts, FetchError> {
    let named = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"]
        .into_iter()
        .find_map(|name| {
            env(name)
                .filter(|file| !file.is_empty())
                .map(|file| (name, file))
        });
    let Some((name, file)) = named else {
        return Ok(RootCerts::WebPki);
    };
    let text = std::fs::read(&file)
        .map_err(|error| FetchError::Setup(format!("cannot read {name} '{file}': {error}")))?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(FetchError::Setup(format!(
            "{name} '{file}' holds no certificate"
        )));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// The proxy for an address: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, then `ALL_PROXY`, unless `NO_PROXY` has the
/// host. Lower case goes before upper case, as with curl and Python's requests.
fn proxy_for(env: &dyn Fn(&str) -> Option<String>, uri: &Uri) -> Option<String> {
    let set = |name: &str| {
        env(&name.to_lowercase())
            .or_else(|| env(name))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let host = uri.host()?.trim_matches(['[', ']']).to_lowercase();
    let port = uri.port_u16();
    let spared = set("NO_PROXY").is_some_and(|list| {
        list.split(',')
            .map(str::trim)
            .any(|rule| spares(&rule.to_lowercase(), &host, port))
    });
    if spared {
        return None;
    }
    // Whoever calls a CGI script can set HTTP_PROXY; there only the lower-case variable counts.
    let by_scheme = match uri.scheme_str() {
        Some("https") => set("HTTPS_PROXY"),
        _ if env("REQUEST_METHOD").is_some() => env("http_proxy").filter(|value| !value.is_empty()),
        _ => set("HTTP_PROXY"),
    };
    by_scheme.or_else(|| set("ALL_PROXY"))
}

/// Whether a rule of `NO_PROXY` has a host: `*`, the host, a domain above it, each perhaps with a port.
fn spares(rule: &str, host: &str, port: Option<u16>) -> bool {
    if rule == "*" {
        return true;
    }
    let (name, wanted) = match rule.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
        _ => (rule, None),
    };
    if wanted.is_some() && wanted != port {
        return false;
    }
    let domain = name.trim_start_matches('*').trim_start_matches('.');
    !domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], url: &str, proxy: Option<&str>) {
        let env = |name: &str| {
            variables
                .iter()
                .find(|(one, _)| *one == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let uri: Uri = url.parse().expect("an address");
        assert_eq!(
            proxy_for(&env, &uri).as_deref(),
            proxy,
            "{variables:?} {url}"
        );
    }

    #[test]
    fn proxies_are_chosen_by_scheme_and_host() {
        let both = [
            ("HTTPS_PROXY", "http://s:1"),
            ("HTTP_PROXY", "http://p:2"),
            ("NO_PROXY", "localhost, .in.org,h.org:81"),
        ];
        check(&both, "https://a.org/", Some("http://s:1"));
        check(&both, "http://a.org/", Some("http://p:2"));
        check(&both, "http://localhost:8/", None);
        check(&both, "http://x.in.org/", None);
        check(&both, "http://h.org:81/", None);
        check(&both, "http://h.org:82/", Some("http://p:2"));
        check(&both, "http://xin.org/", Some("http://p:2"));
        check(
            &[("https_proxy", "http://l:1"), ("HTTPS_PROXY", "http://u:1")],
            "https://a/",
            Some("http://l:1"),
        );
        check(&[("HTTP_PROXY", "http://p:2")], "https://a/", None);
        check(
            &[("ALL_PROXY", "http://p:2")],
            "https://a/",
            Some("http://p:2"),
        );
        check(
            &[("HTTP_PROXY", "http://p:2"), ("NO_PROXY", "*")],
            "http://a/",
            None,
        );
    }

    #[test]
    fn a_login_is_taken_out_of_the_address() {
        let (url, login) = split_login("https://us%40er:p%2Fw@h.org/x");
        assert_eq!(url, "https://h.org/x");
        assert_eq!(
            login.map(|login| login.expose().to_owned()).as_deref(),
            Some("us@er:p/w")
        );
        assert_eq!(
            base64(b"Aladdin:open sesame"),
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(base64(b"ab"), "YWI=");
    }
}
