//! Unpacking archives from strangers: nothing is written outside the folder that is given.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use super::links::{is_plain, points_inside};

/// Bounds of what an archive may become. Packages are text; the largest public ones stay far below.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of all files together, and of the unpacked archive itself.
    pub bytes: u64,
    /// Files, folders and links.
    pub entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            entries: 100_000,
        }
    }
}

/// Why an archive is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is broken, or no archive at all; another download may be better.
    #[error("is no whole tar.gz archive: {0}")]
    Broken(String),
    /// It would write or point outside its folder.
    #[error("holds '{0}', which leads outside the package's folder")]
    Outside(String),
    /// It holds devices, pipes and the like.
    #[error("holds '{0}', which is neither file, folder nor link")]
    Special(String),
    /// It becomes larger than any package.
    #[error("holds more than {0}: this is no package")]
    TooLarge(String),
    /// This machine's disk failed.
    #[error("cannot be unpacked into {}: {error}", path.display())]
    Disk { path: PathBuf, error: io::Error },
}

/// Unpacks a `tar.gz` into an empty folder.
///
/// Files and folders come first. Links are made at the end, each only if its target lies inside the same top folder
/// and its parents are real folders, so that nothing is ever written through a link.
pub fn unpack(archive: impl Read, folder: &Path, limits: Limits) -> Result<(), ArchiveError> {
    let stream = Bounded {
        inner: GzDecoder::new(archive),
        left: limits.bytes,
    };
    let mut archive = Archive::new(stream);
    let mut links: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut copies: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut count = 0;
    for entry in archive.entries().map_err(|error| broken(&error, limits))? {
        let mut entry = entry.map_err(|error| broken(&error, limits))?;
        count += 1;
        if count > limits.entries {
            return Err(ArchiveError::TooLarge(format!("{} files", limits.entries)));
        }
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let path = inner_path(&entry.path().map_err(|error| broken(&error, limits))?)?;
        let target = || -> Result<PathBuf, ArchiveError> {
            let target = entry.link_name().map_err(|error| broken(&error, limits))?;
            Ok(target.map(Cow::into_owned).unwrap_or_default())
        };
        match kind {
            EntryType::Directory => make_folder(&folder.join(&path))?,
            EntryType::Symlink => {
                let target = target()?;
                if !points_inside(&path, &target) {
                    return Err(ArchiveError::Outside(shown(&path, &target)));
                }
                links.insert(path, target);
            }
            EntryType::Link => {
                let target = inner_path(&target()?)?;
                copies.push((path, target));
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
                write_file(&mut entry, &folder.join(&path), executable, limits)?;
            }
            _ => return Err(ArchiveError::Special(path.display().to_string())),
        }
    }
    for (path, target) in copies {
        copy(folder, &path, &target)?;
    }
    for (path, target) in links {
        make_link(folder, &path, &target)?;
    }
    Ok(())
}

/// A path of the archive, if it goes down only.
fn inner_path(path: &Path) -> Result<PathBuf, ArchiveError> {
    let mut inner = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) if is_plain(name) => inner.push(name),
            _ => return Err(ArchiveError::Outside(path.display().to_string())),
        }
    }
    Ok(inner)
}

fn write_file(
    entry: &mut impl Read,
    path: &Path,
    executable: bool,
    limits: Limits,
) -> Result<(), ArchiveError> {
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    // An archive may hold a file twice; the later one counts.
    let mut file = File::create(path).map_err(disk(path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = entry
            .read(&mut buffer)
            .map_err(|error| broken(&error, limits))?;
        if count == 0 {
            break;
        }
        io::Write::write_all(&mut file, &buffer[..count]).map_err(disk(path))?;
    }
    #[cfg(unix)]
    if executable {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(disk(path))?;
    }
    #[cfg(not(unix))]
    let _ = executable;
    Ok(())
}

/// A hard link becomes a copy of the file that it names.
fn copy(folder: &Path, path: &Path, target: &Path) -> Result<(), ArchiveError> {
    let from = folder.join(target);
    if !from.symlink_metadata().is_ok_and(|found| found.is_file()) {
        return Err(ArchiveError::Broken(format!(
            "a link to {} that is not in it",
            target.display()
        )));
    }
    let to = folder.join(path);
    if let Some(parent) = to.parent() {
        make_folder(parent)?;
    }
    if from != to {
        fs::copy(&from, &to).map_err(disk(&to))?;
    }
    Ok(())
}

fn make_link(folder: &Path, path: &Path, target: &Path) -> Result<(), ArchiveError> {
    let mut parent = folder.to_owned();
    for part in path.parent().into_iter().flat_map(Path::components) {
        parent.push(part);
        match parent.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(ArchiveError::Outside(shown(path, target))),
            Err(_) => fs::create_dir(&parent).map_err(disk(&parent))?,
        }
    }
    let place = folder.join(path);
    if place.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        fs::remove_file(&place).map_err(disk(&place))?;
    }
    super::files::symlink(target, &place).map_err(disk(&place))
}

fn make_folder(path: &Path) -> Result<(), ArchiveError> {
    fs::create_dir_all(path).map_err(disk(path))
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
    move |error| ArchiveError::Disk {
        path: path.to_owned(),
        error,
    }
}

fn shown(path: &Path, target: &Path) -> String {
    format!("{} -> {}", path.display(), target.display())
}

/// What the bounded stream says when there is no end.
const NO_END: &str = "larger than allowed";

fn broken(error: &io::Error, limits: Limits) -> ArchiveError {
    if error.to_string().contains(NO_END) {
        ArchiveError::TooLarge(format!("{} MiB", limits.bytes >> 20))
    } else {
        ArchiveError::Broken(error.to_string())
    }
}

/// Ends with an error after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(NO_END))?;
        Ok(count)
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
