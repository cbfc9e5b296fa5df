use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::{ArchiveError, Limits, points_inside, unpack};

enum Item<'a> {
    File(&'a str, &'a str),
    Symlink(&'a str, &'a str),
    Hardlink(&'a str, &'a str),
    Pipe(&'a str),
}

/// Builds an archive with paths as they are given: the library itself would refuse the evil ones.
fn archive(items: &[Item<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for item in items {
        let (kind, path, link, body) = match item {
            Item::File(path, body) => (EntryType::Regular, path, "", *body),
            Item::Symlink(path, target) => (EntryType::Symlink, path, *target, ""),
            Item::Hardlink(path, target) => (EntryType::Link, path, *target, ""),
            Item::Pipe(path) => (EntryType::Fifo, path, "", ""),
        };
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(body.len() as u64);
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        builder.append(&header, body.as_bytes()).expect("added");
    }
    builder
        .into_inner()
        .and_then(GzEncoder::finish)
        .expect("ends")
}

/// Unpacks into a folder beside which lies a file that must stay what it is.
fn check(items: &[Item<'_>], limits: Limits) -> Result<Vec<String>, ArchiveError> {
    let around = tempfile::tempdir().expect("a folder");
    fs::write(around.path().join("outside"), "mine").expect("written");
    let folder = around.path().join("in");
    fs::create_dir(&folder).expect("made");
    let result = unpack(archive(items).as_slice(), &folder, limits);
    assert_eq!(
        fs::read_to_string(around.path().join("outside")).expect("read"),
        "mine"
    );
    assert_eq!(
        fs::read_dir(around.path()).expect("read").count(),
        2,
        "something was written outside"
    );
    let mut found = Vec::new();
    list(&folder, &folder, &mut found);
    found.sort();
    result.map(|()| found)
}

fn list(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("read") {
        let path = entry.expect("an entry").path();
        if path.symlink_metadata().expect("there").is_dir() {
            list(root, &path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            found.push(format!(
                "{}={text}",
                path.strip_prefix(root).expect("below").display()
            ));
        }
    }
}

#[test]
fn files_and_links_inside_are_unpacked() {
    use Item::{File, Hardlink, Symlink};
    let found = check(
        &[
            File("p/a/one.sql", "1"),
            File("./p/two.sql", "2"),
            Symlink("p/a/link.sql", "../two.sql"),
            Symlink("p/alias", "a"),
            Hardlink("p/b/three.sql", "p/a/one.sql"),
        ],
        Limits::default(),
    );
    assert_eq!(
        found.expect("unpacked"),
        [
            "p/a/link.sql=2",
            "p/a/one.sql=1",
            "p/alias=",
            "p/b/three.sql=1",
            "p/two.sql=2"
        ]
    );
}

#[test]
fn nothing_leads_outside() {
    use Item::{File, Hardlink, Symlink};
    let evil: &[&[Item<'_>]] = &[
        &[File("../outside", "evil")],
        &[File("p/../../outside", "evil")],
        &[File("/tmp/refract-evil", "evil")],
        &[File("p\\..\\..\\outside", "evil")],
        &[Symlink("p/link", "/etc"), File("p/link/x", "evil")],
        &[Symlink("p/link", "../../outside")],
        &[Symlink("p/link", "..")],
        &[Symlink("p/a/link", "b/../../../..")],
        &[Symlink("link", "outside/..")],
        &[Hardlink("p/link", "../outside")],
        &[Hardlink("p/link", "/etc/passwd")],
        // A link inside, and a second one below it that would start from elsewhere.
        &[
            File("p/a/b/c", ""),
            Symlink("p/s", "a"),
            Symlink("p/s/t/u", "../../x"),
        ],
    ];
    for items in evil {
        let error = check(items, Limits::default()).expect_err("refused");
        assert!(matches!(error, ArchiveError::Outside(_)), "{error}");
    }
}

#[test]
fn a_file_is_not_written_through_a_link() {
    // The link is inside and harmless; the file of the same path must not follow it.
    let found = check(
        &[
            Item::File("p/real", "1"),
            Item::Symlink("p/x", "real"),
            Item::File("p/x", "2"),
        ],
        Limits::default(),
    );
    assert_eq!(found.expect("unpacked"), ["p/real=1", "p/x=1"]);
}

#[test]
fn other_things_and_bombs_are_refused() {
    let error = check(&[Item::Pipe("p/pipe")], Limits::default()).expect_err("refused");
    assert!(matches!(error, ArchiveError::Special(_)), "{error}");
    let zeros = "0".repeat(200_000);
    let small = Limits {
        bytes: 100_000,
        entries: 3,
    };
    let error = check(&[Item::File("p/zeros", &zeros)], small).expect_err("refused");
    assert!(matches!(error, ArchiveError::TooLarge(_)), "{error}");
    let many: Vec<Item<'_>> = (0..4).map(|_| Item::File("p/x", "")).collect();
    let error = check(&many, small).expect_err("refused");
    assert!(matches!(error, ArchiveError::TooLarge(_)), "{error}");
}

#[test]
fn half_an_archive_is_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = archive(&[Item::File("p/x", &"text ".repeat(1000))]);
    for part in [
        &whole[..whole.len() / 2],
        b"<html>not found</html>".as_slice(),
        b"",
    ] {
        let error = unpack(part, folder.path(), Limits::default()).expect_err("refused");
        assert!(matches!(error, ArchiveError::Broken(_)), "{error}");
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&[7; 2048]).expect("written");
    let noise = encoder.finish().expect("ends");
    let error = unpack(noise.as_slice(), folder.path(), Limits::default()).expect_err("refused");
    assert!(matches!(error, ArchiveError::Broken(_)), "{error}");
}

#[test]
fn targets_of_links_stay_in_the_top_folder() {
    for (link, target, inside) in [
        ("p/a/l", "../x", true),
        ("p/a/l", "../../x", false),
        ("p/l", "x/y", true),
        ("p/l", "../q", false),
        ("p/l", "/x", false),
        ("p/l", "", false),
        ("p/l", "x/../y", false),
        ("l", "x", true),
    ] {
        assert_eq!(
            points_inside(Path::new(link), Path::new(target)),
            inside,
            "{link} -> {target}"
        );
    }
}
