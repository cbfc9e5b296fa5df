//! The images that descriptions show: files of the project's `asset-paths`, as `docs generate` copied them into the
//! target folder.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use compiler::index::images;
use pulldown_cmark::{Event, Options, Parser, Tag};

/// An image larger than this is not handed out, in bytes.
const LARGEST: u64 = 32 << 20;

/// Why an image is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    /// No such file, or none that may be seen.
    #[error("there is no image '{0}' among the copied asset folders")]
    Missing(String),
    /// It is too large.
    #[error("the image '{path}' is larger than {} MB", .most >> 20)]
    Large {
        /// Its path.
        path: String,
        /// What would be allowed, in bytes.
        most: u64,
    },
    /// The disk refused.
    #[error("cannot read the image '{path}': {reason}")]
    Unreadable {
        /// Its path.
        path: String,
        /// The system's words.
        reason: io::Error,
    },
}

/// The paths of all images that an artifact's texts show.
pub(super) fn shown(artifact: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut from = 0;
    // In JSON these two characters stand inside of a text only.
    while let Some(at) = artifact[from..].find("![").map(|at| from + at) {
        let start = start_of_text(artifact, at);
        let mut texts =
            serde_json::Deserializer::from_str(&artifact[start..]).into_iter::<String>();
        let Some(Ok(text)) = texts.next() else {
            from = at + 2;
            continue;
        };
        from = (start + texts.byte_offset()).max(at + 2);
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for event in Parser::new_ext(&text, options) {
            if let Event::Start(Tag::Image { dest_url, .. }) = event {
                found.extend(images::path(&dest_url));
            }
        }
    }
    found
}

/// Where the JSON text around a place begins: at the nearest quotation mark that no backslash escapes.
fn start_of_text(json: &str, at: usize) -> usize {
    let bytes = json.as_bytes();
    let is_escaped = |quote: usize| {
        let before = bytes[..quote].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 1
    };
    let quotes = (0..at).rev().filter(|place| bytes[*place] == b'"');
    let mut starts = quotes.filter(|quote| !is_escaped(*quote));
    starts.next().unwrap_or(at)
}

/// Reads an image below the target folder. `folders` are the asset folders where they are known.
pub(crate) fn read(
    target: &Path,
    folders: Option<&[String]>,
    path: &str,
) -> Result<Vec<u8>, ImageError> {
    read_at_most(target, folders, path, LARGEST)
}

/// As [`read`], with another limit.
pub(super) fn read_at_most(
    target: &Path,
    folders: Option<&[String]>,
    path: &str,
    most: u64,
) -> Result<Vec<u8>, ImageError> {
    let missing = || ImageError::Missing(path.to_owned());
    let in_folder = |folder: &String| {
        let rest = path.strip_prefix(folder.trim_start_matches("./").trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let known = folders.is_none_or(|folders| folders.iter().any(in_folder));
    if !known || !images::is_inside(path) {
        return Err(missing());
    }
    let unreadable = |reason: io::Error| match reason.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => missing(),
        _ => ImageError::Unreadable {
            path: path.to_owned(),
            reason,
        },
    };
    // A link may lead anywhere, so what counts is where the file is.
    let target = target.canonicalize().map_err(unreadable)?;
    let file = target.join(path).canonicalize().map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !file.starts_with(&target) || !about.is_file() {
        return Err(missing());
    }
    if about.len() > most {
        return Err(ImageError::Large {
            path: path.to_owned(),
            most,
        });
    }
    fs::read(&file).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_an_artifact_say_which_images_they_show() {
        let artifact = serde_json::json!({
            "a": {"description": "\"![x](assets/a.png)\" \\ and ![y](./assets/b%20c.svg)"},
            "b": ["![r][one]\n\n[one]: assets/r.gif", "`![code](assets/code.png)`", "wow!["],
            "c": "![x](../up.png) ![x](https://host/assets/far.png) ![x](javascript:a/b.png)",
            "d\\": "\\",
            "e": "![é](assets/last.webp)",
        });
        for text in [
            artifact.to_string(),
            serde_json::to_string_pretty(&artifact).unwrap(),
        ] {
            let found: Vec<String> = shown(&text).into_iter().collect();
            assert_eq!(
                found,
                [
                    "assets/a.png",
                    "assets/b c.svg",
                    "assets/last.webp",
                    "assets/r.gif"
                ]
            );
        }
        assert!(shown("![not json](assets/a.png)").is_empty());
    }

    #[test]
    fn only_images_of_the_asset_folders_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::create_dir_all(target.join("assets/deep")).unwrap();
        fs::create_dir_all(target.join("other")).unwrap();
        for file in ["assets/deep/a.png", "other/b.png", "assets/notes.txt"] {
            fs::write(target.join(file), "picture").unwrap();
        }
        fs::write(folder.path().join("secret.png"), "secret").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(
            folder.path().join("secret.png"),
            target.join("assets/link.png"),
        )
        .unwrap();
        let folders = ["assets".to_owned()];
        let readable = |folders, path| read(&target, folders, path).is_ok();
        assert!(readable(None, "assets/deep/a.png"));
        assert!(readable(Some(&folders[..]), "assets/deep/a.png"));
        assert!(readable(None, "other/b.png"));
        assert!(!readable(Some(&folders[..]), "other/b.png"));
        for path in [
            "assets/../../secret.png",
            "../secret.png",
            "assets/link.png",
            "assets/notes.txt",
            "assets/deep",
            "assets/none.png",
            "/assets/deep/a.png",
        ] {
            assert!(!readable(None, path), "{path}");
        }
        let large = read_at_most(&target, None, "assets/deep/a.png", 3);
        assert!(matches!(large, Err(ImageError::Large { .. })));
    }
}
