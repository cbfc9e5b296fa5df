//! What a git revision means.

/// A full commit hash.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40
        && revision
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The reference that a revision means among those that the repository lists, and its commit: a tag before a branch,
/// as dbt has it.
pub(super) fn choose(listed: &str, revision: &str) -> Option<(String, String)> {
    let find = |name: &str| {
        listed.lines().find_map(|line| {
            let (sha, reference) = line.split_once('\t')?;
            (reference == name).then(|| sha.to_owned())
        })
    };
    for name in [
        format!("refs/tags/{revision}"),
        format!("refs/heads/{revision}"),
        revision.to_owned(),
    ] {
        if let Some(sha) = find(&format!("{name}^{{}}")).or_else(|| find(&name)) {
            return Some((name, sha));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn tags_go_before_branches_and_are_peeled() {
        let listed =
            "1\trefs/heads/v1\n2\trefs/tags/v1\n3\trefs/tags/v1^{}\n4\trefs/heads/x/v1\n5\tHEAD\n";
        assert_eq!(
            choose(listed, "v1"),
            Some(("refs/tags/v1".into(), "3".into()))
        );
        assert_eq!(
            choose(listed, "x/v1"),
            Some(("refs/heads/x/v1".into(), "4".into()))
        );
        assert_eq!(choose(listed, "HEAD"), Some(("HEAD".into(), "5".into())));
        assert_eq!(choose(listed, "v2"), None);
    }
}
