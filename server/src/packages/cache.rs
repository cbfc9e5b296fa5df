//! What was fetched once: archives, the hub's answers and git repositories, in the user's cache folder.
//!
//! ```text
//! $XDG_CACHE_HOME/refract/packages/archives/HASH-OF-ADDRESS.tar      and .sha256 beside it
//!                                 /hub/HASH-OF-ADDRESS.json
//!                                 /git/HASH-OF-ADDRESS/              a bare repository
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The cache folder. Where there is none (no home, or it cannot be written), it is one that ends with the command.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    /// Kept, since the folder goes with it.
    _temporary: Option<tempfile::TempDir>,
}

/// What the cache knows of an archive.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// The archive, and its hash is right.
    Whole(PathBuf),
    /// The file is not what was once fetched; its hash was this.
    Damaged(String),
}

impl Cache {
    /// The user's cache, as the XDG base directories have it.
    pub fn open(env: &dyn Fn(&str) -> Option<String>) -> io::Result<Self> {
        let set = |name: &str| {
            env(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let base = set("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("LOCALAPPDATA"))
            .or_else(|| Some(set("HOME")?.join(".cache")));
        if let Some(base) = base {
            let folder = base.join("refract").join("packages");
            if make(&folder).is_ok() {
                return Ok(Self {
                    folder,
                    _temporary: None,
                });
            }
        }
        let temporary = tempfile::Builder::new()
            .prefix("refract-packages-")
            .tempdir()?;
        let folder = temporary.path().to_owned();
        make(&folder)?;
        Ok(Self {
            folder,
            _temporary: Some(temporary),
        })
    }

    /// The hub's last answer from an address.
    pub fn answer(&self, url: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join("hub").join(format!("{}.json", key(url)))).ok()
    }

    /// Keeps an answer of the hub. A cache that cannot be written is no reason to stop.
    pub fn keep_answer(&self, url: &str, body: &[u8]) {
        let folder = self.folder.join("hub");
        let _ = put(&folder, &format!("{}.json", key(url)), |file| {
            file.write_all(body)
        });
    }

    /// An archive that was fetched from an address, if it is still what it was.
    pub fn archive(&self, url: &str) -> Kept {
        let path = self.archive_path(url);
        let Ok(expected) = fs::read_to_string(path.with_extension("sha256")) else {
            return Kept::Nothing;
        };
        let expected = expected.trim().to_owned();
        match hash_of(&path) {
            Ok(found) if found == expected => Kept::Whole(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::Nothing,
            _ => Kept::Damaged(expected),
        }
    }

    /// Keeps an archive; gives its place and SHA-256.
    pub fn keep_archive(&self, url: &str, body: &[u8]) -> io::Result<(PathBuf, String)> {
        let path = self.archive_path(url);
        let hash = hex(&Sha256::digest(body));
        let folder = self.folder.join("archives");
        let name = |path: &Path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        put(&folder, &name(&path), |file| file.write_all(body))?;
        put(&folder, &name(&path.with_extension("sha256")), |file| {
            writeln!(file, "{hash}")
        })?;
        Ok((path, hash))
    }

    /// Where the repository of an address is kept.
    pub fn repository(&self, url: &str) -> PathBuf {
        self.folder.join("git").join(key(url))
    }

    fn archive_path(&self, url: &str) -> PathBuf {
        self.folder
            .join("archives")
            .join(format!("{}.tar", key(url)))
    }
}

/// Only its owner may look into it: addresses may be private.
fn make(folder: &Path) -> io::Result<()> {
    for part in ["archives", "hub", "git"] {
        fs::create_dir_all(folder.join(part))?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    // Written once here, so that a read-only cache is noticed now and not after a download.
    tempfile::tempfile_in(folder).map(drop)
}

/// A file's name for an address. It says nothing of credentials.
pub fn key(url: &str) -> String {
    let mut hash = hex(&Sha256::digest(url.as_bytes()));
    hash.truncate(32);
    hash
}

/// Writes a file beside and moves it into place, so that nobody reads half of it.
fn put(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    write(file.as_file_mut())?;
    file.persist(folder.join(name))
        .map_err(|error| error.error)?;
    Ok(())
}

fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_archive_is_not_used() {
        let home = tempfile::tempdir().expect("a folder");
        let env = |name: &str| (name == "HOME").then(|| home.path().to_string_lossy().into_owned());
        let cache = Cache::open(&env).expect("opens");
        assert_eq!(cache.archive("http://h/a"), Kept::Nothing);
        let (path, hash) = cache.keep_archive("http://h/a", b"abc").expect("kept");
        assert_eq!(cache.archive("http://h/a"), Kept::Whole(path.clone()));
        fs::write(&path, "abd").expect("written");
        assert_eq!(cache.archive("http://h/a"), Kept::Damaged(hash));
        assert_eq!(cache.archive("http://h/b"), Kept::Nothing);
        fs::remove_file(&path).expect("removed");
        assert_eq!(cache.archive("http://h/a"), Kept::Nothing);
    }
}
