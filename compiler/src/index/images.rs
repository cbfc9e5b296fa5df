//! Which images of descriptions are shown: those of the project's own `asset-paths`, named by a path.
//!
//! Descriptions are hostile input, so an address is taken apart before anybody asks for it: what leaves the catalog's own
//! place (another host, another scheme, `..`, whatever may be read as such by a server) is no address of an image.

/// Endings of files that are shown as images, with the type they are sent as.
const KINDS: [(&str, &str); 8] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("svg", SVG),
    ("ico", "image/x-icon"),
];

/// The type of images that are documents: opened by themselves they may hold scripts.
pub const SVG: &str = "image/svg+xml";

/// The type of an image by its file's name; `None` for what is not shown.
pub fn kind(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    let known = |(known, _): &&(&str, &str)| ending.eq_ignore_ascii_case(known);
    KINDS.iter().find(known).map(|(_, kind)| *kind)
}

/// The path below the target folder that an image's address in a description names, with `/` between its parts; `None`
/// for an address of anything else.
pub fn path(address: &str) -> Option<String> {
    let address = address.trim();
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let mut address = address;
    while let Some(rest) = address.strip_prefix("./") {
        address = rest;
    }
    let plain = decode(address)?;
    is_inside(&plain).then_some(plain)
}

/// Whether a path names an image in a folder, by plain names only.
pub fn is_inside(path: &str) -> bool {
    let is_odd = |letter: char| {
        letter.is_control() || matches!(letter, '\\' | ':' | '%' | '"' | '<' | '>' | '|' | '*')
    };
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.');
    path.contains('/')
        && !path.contains(is_odd)
        && path.split('/').all(is_plain)
        && kind(path).is_some()
}

/// A path as it stands in an address: everything but letters, digits, `-._~` and `/` as a code.
pub fn encode(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            // Writing into a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// Codes as what they stand for; `None` where that is no text.
fn decode(address: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            let digits = std::str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_folders_are_shown() {
        for (address, expected) in [
            ("assets/diagram.png", "assets/diagram.png"),
            ("./assets/Deep/er.SVG", "assets/Deep/er.SVG"),
            (
                "assets/my%20picture.jpeg?raw=true",
                "assets/my picture.jpeg",
            ),
            ("assets/\u{fc}ber.webp#left", "assets/\u{fc}ber.webp"),
            ("assets/%C3%BCber.webp", "assets/\u{fc}ber.webp"),
        ] {
            assert_eq!(path(address).as_deref(), Some(expected), "{address}");
        }
        assert_eq!(encode("assets/my \u{fc}.png"), "assets/my%20%C3%BC.png");
    }

    #[test]
    fn nothing_else_is_an_address_of_an_image() {
        for address in [
            "",
            "diagram.png",
            "/assets/a.png",
            "//host/a.png",
            "///host/a.png",
            "https://host/a.png",
            "HTTP:/a.png",
            "javascript:alert(1)//a.png",
            "java\tscript:x/a.png",
            "data:image/png;base64,AAAA/a.png",
            "data:text/html,<script>/a.png",
            "blob:x/a.png",
            "file:///etc/a.png",
            "../a.png",
            "assets/../a.png",
            "assets/../../a.png",
            "assets/./a.png",
            "assets//a.png",
            "assets/.hidden/a.png",
            "assets/.png",
            "assets\\..\\a.png",
            "\\\\host\\a.png",
            "/\\host/a.png",
            "%2e%2e/a.png",
            "assets/%2e%2e/a.png",
            "assets/%2E%2E%2Fa.png",
            "assets/..%2fa.png",
            "assets/%5c..%5ca.png",
            "assets/%252e%252e/a.png",
            "%2fassets/a.png",
            "assets/a.png%00.html",
            "assets/a%ff.png",
            "assets/a%zz.png",
            "assets/a%2",
            "assets/a.html",
            "assets/a.svg.html",
            "assets/a.png/",
            "compiled/model.sql",
        ] {
            assert_eq!(path(address), None, "{address}");
        }
    }
}
