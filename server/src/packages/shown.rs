//! What may be seen of an address: never the credentials in it.

/// An address without the user and password before its host.
pub fn address(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        // `ssh://git@host` names the account that everybody uses, not a secret.
        Some(at) if &rest[..at] != "git" => format!("{scheme}://*****@{}", &rest[at + 1..]),
        _ => text.to_owned(),
    }
}

/// A text of several words, such as what git says, with credentials taken out of every address in it.
pub fn text(text: &str) -> String {
    text.split_inclusive(|c: char| c.is_whitespace() || c == '\'' || c == '"')
        .map(address)
        .collect()
}

/// The passwords and tokens that are written out in addresses of a file, to be hidden wherever the file is quoted.
pub fn credentials(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("://") {
        let rest = &text[start + 3..];
        let end = rest
            .find(|c: char| c == '/' || c.is_whitespace() || c == '\'' || c == '"')
            .unwrap_or(rest.len());
        let Some(at) = rest[..end].rfind('@') else {
            continue;
        };
        match rest[..at].split_once(':') {
            // One that is as short as a word's part would blot out half of everything.
            Some((_, password)) if password.len() > 3 => found.push(password.to_owned()),
            // A short name before the host is an account, such as `git`.
            None if at >= 12 => found.push(rest[..at].to_owned()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn credentials_are_not_shown() {
        for (given, shown) in [
            ("https://u:p@h.org/a.git", "https://*****@h.org/a.git"),
            ("https://token@h.org", "https://*****@h.org"),
            ("https://h.org/a@b", "https://h.org/a@b"),
            ("ssh://git@h.org/a", "ssh://git@h.org/a"),
            ("git@h.org:a/b.git", "git@h.org:a/b.git"),
            ("https://a:b@c@h.org/x", "https://*****@h.org/x"),
        ] {
            assert_eq!(super::address(given), shown);
        }
        assert_eq!(
            super::credentials(
                "- git: https://u:pass@h/a\n- git: 'ssh://git@h/a'\n- x: https://ghp_0123456789@h\n- https://h/a@b"
            ),
            ["pass", "ghp_0123456789"]
        );
        assert_eq!(
            super::text("fatal: unable to access 'https://u:p@h.org/a.git/': no"),
            "fatal: unable to access 'https://*****@h.org/a.git/': no"
        );
    }
}
