//! Files that models are written to: each is made in a folder beside its place and moved there when it is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What stood at a place before, until the new files stand there.
const OLD: &str = "old";

/// Where a project's files lie.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// Relative paths start here.
    root: PathBuf,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        Self { root }
    }

    /// Where to write what is to stand at `location`: [`compiler::adapter::Warehouse::stage_file`].
    pub(super) fn stage(&self, location: &str, replaces: bool) -> io::Result<String> {
        let Some(target) = self.local(location) else {
            return Ok(location.to_owned());
        };
        let (folder, staged) = staging(&target);
        // What is there was left by a run that died: runs of a project take turns.
        recover(&folder, &target)?;
        if !replaces && is_filled(&target) {
            return Ok(text(&target));
        }
        fs::create_dir(&folder)?;
        Ok(text(&staged))
    }

    /// Moves what was staged to `location`, after it is on the disk. Files that were written to the location itself stay
    /// as they are.
    pub(super) fn publish(&self, location: &str) -> io::Result<()> {
        let Some(target) = self.local(location) else {
            return Ok(());
        };
        let (folder, staged) = staging(&target);
        if !staged.exists() {
            return Ok(());
        }
        sync(&staged)?;
        if !target.is_dir() {
            fs::rename(&staged, &target)?;
        } else if swap(&staged, &target).is_err() {
            // Not every file system swaps.
            fs::rename(&target, folder.join(OLD))?;
            fs::rename(&staged, &target)?;
        }
        if let Some(parent) = target.parent() {
            sync_folder(parent)?;
        }
        fs::remove_dir_all(&folder)
    }

    /// The path on this machine; `None` for buckets, addresses, and what DuckDB itself resolves.
    pub(super) fn local(&self, location: &str) -> Option<PathBuf> {
        let elsewhere = location.contains("://") || location.starts_with('~');
        (!elsewhere).then(|| self.root.join(location.trim_end_matches('/')))
    }
}

/// The folder beside `target` that it is made in, and its place there: of the same name, by which DuckDB may choose
/// a compression.
fn staging(target: &Path) -> (PathBuf, PathBuf) {
    let name = target.file_name().unwrap_or_default();
    let folder = target.with_file_name(format!(".refract.{}", name.to_string_lossy()));
    let staged = folder.join(name);
    (folder, staged)
}

fn recover(folder: &Path, target: &Path) -> io::Result<()> {
    let old = folder.join(OLD);
    if old.exists() && !target.exists() {
        fs::rename(&old, target)?;
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Waits until a file, or all files of a folder, are on the disk: a machine that goes down after the move must not have
/// the new name with nothing in it.
fn sync(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        return File::open(path)?.sync_all();
    }
    for entry in fs::read_dir(path)? {
        sync(&entry?.path())?;
    }
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Lets two paths change places in one step.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn swap(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn is_filled(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, text: &str) {
        fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_file_takes_the_place_of_the_old_one_when_it_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path());
        let place = root.path().join("orders.csv");
        fs::write(&place, "old").unwrap();
        let staged = files.stage("orders.csv", true).unwrap();
        write(&staged, "new");
        assert_eq!(fs::read_to_string(&place).unwrap(), "old");
        files.publish("orders.csv").unwrap();
        assert_eq!(fs::read_to_string(&place).unwrap(), "new");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_replaced_whole_or_added_to() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path());
        let place = root.path().join("days");
        write(&format!("{}/day=1/a.csv", place.display()), "old");
        assert_eq!(files.stage("days", false).unwrap(), text(&place));
        files.publish("days").unwrap();
        assert!(place.join("day=1").exists());

        let staged = files.stage("days/", true).unwrap();
        write(&format!("{staged}/day=2/a.csv"), "new");
        files.publish("days/").unwrap();
        assert!(place.join("day=2").exists() && !place.join("day=1").exists());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[cfg(any(target_os = "linux", target_os = "macos"))]
    #[test]
    fn a_folder_is_there_at_any_moment() {
        use std::sync::atomic::{AtomicBool, Ordering};

        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path());
        let place = root.path().join("days");
        write(&format!("{}/a.csv", place.display()), "old");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..300 {
                    let staged = files.stage("days", true).unwrap();
                    write(&format!("{staged}/a.csv"), "new");
                    files.publish("days").unwrap();
                }
                done.store(true, Ordering::SeqCst);
            });
            while !done.load(Ordering::SeqCst) {
                assert!(place.exists(), "it is missing");
            }
        });
    }

    #[test]
    fn what_a_dead_run_put_aside_comes_back() {
        let root = tempfile::tempdir().unwrap();
        let files = Files::new(root.path());
        let staged = files.stage("days", true).unwrap();
        write(&format!("{staged}/half.csv"), "half");
        let aside = Path::new(&staged).with_file_name(OLD);
        write(&format!("{}/whole.csv", aside.display()), "old");
        files.stage("days", true).unwrap();
        assert!(root.path().join("days/whole.csv").exists());
        assert!(!Path::new(&staged).exists());
    }

    #[test]
    fn what_is_not_on_this_machine_is_left_to_duckdb() {
        let files = Files::new(Path::new("/project"));
        let bucket = "s3://bucket/orders.parquet";
        assert_eq!(files.stage(bucket, true).unwrap(), bucket);
        files.publish(bucket).unwrap();
    }
}
