//! Writing to the target folder: a reader sees the old file or the new one, never a part.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use compiler::artifacts::manifest::{Node, ResourceType};
use compiler::event_time::Batch;

use super::outcome::RunError;

/// Tells temporary files of one process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Puts `text` into `path`, whose folders are made. With `durable` it is on the disk when this returns.
pub(super) fn write(path: &Path, text: &[u8], durable: bool) -> Result<(), RunError> {
    write_by(path, durable, |file| file.write_all(text))
}

/// As [`write`], durably; the file stays open to be added to, and locked for as long.
pub(super) fn write_kept(path: &Path, text: &[u8]) -> Result<File, RunError> {
    let mut kept = None;
    write_by(path, true, |file| {
        file.write_all(text)?;
        file.try_lock()?;
        kept = Some(file.try_clone()?);
        Ok(())
    })?;
    kept.ok_or_else(|| RunError::File {
        path: path.to_path_buf(),
        reason: "it was not opened".to_owned(),
    })
}

/// Writes JSON as dbt's artifacts have it: on one line.
pub(super) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), RunError> {
    write_by(path, true, |file| {
        let mut buffer = BufWriter::with_capacity(1 << 16, file);
        serde_json::to_writer(&mut buffer, value)?;
        buffer.flush()
    })
}

/// Puts a file into its place, whose folders are made.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write(path, bytes, false)
}

/// Puts what `fill` writes into `path`, which is the old file until all of it is there.
fn write_by(
    path: &Path,
    durable: bool,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), RunError> {
    let failed = |error: io::Error| RunError::File {
        path: path.to_path_buf(),
        reason: error.to_string(),
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".refract-{}-{number}.tmp", std::process::id()));
    let written = (|| {
        let mut file = create(&temporary)?;
        fill(&mut file)?;
        if durable {
            file.sync_all()?;
        }
        fs::rename(&temporary, path)
    })();
    written.map_err(|error| {
        // The first error is the one to tell; a left temporary file harms nobody.
        let _ = fs::remove_file(&temporary);
        failed(error)
    })
}

/// Creates a file, and its folders where they are not there yet.
fn create(path: &Path) -> io::Result<File> {
    let created = File::create(path);
    match (&created, path.parent()) {
        (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)?;
            File::create(path)
        }
        _ => created,
    }
}

/// Writes SQL below the target folder. Where a folder of the path is a file, it is one that an older dbt wrote, to which
/// a snapshot's file was no folder; it makes room.
pub(super) fn write_sql(path: &Path, sql: &str) -> Result<(), RunError> {
    if let Some(former) = path.parent().filter(|folder| folder.is_file()) {
        fs::remove_file(former).map_err(|error| RunError::File {
            path: former.to_path_buf(),
            reason: error.to_string(),
        })?;
    }
    write(path, sql.as_bytes(), false)
}

/// Where a node's SQL goes below `target/compiled` and `target/run`: below its file where one file may hold several nodes,
/// and each batch of a microbatch model in a folder of the model's name.
pub fn sql_path(node: &Node, batch: Option<&Batch>) -> PathBuf {
    let file = Path::new(&node.original_file_path);
    let path = Path::new(&node.path);
    let mut inside = if node.resource_type == ResourceType::Snapshot {
        file.join(format!("{}.sql", node.name))
    } else if file.file_name() == path.file_name() {
        file.to_path_buf()
    } else {
        file.join(path)
    };
    if let Some(batch) = batch {
        let stem = inside.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}_{}.sql", batch.label());
        inside = inside.with_extension("").join(name);
    }
    Path::new(&node.package_name).join(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Node {
        Node {
            resource_type: ResourceType::Snapshot,
            name: "customers".into(),
            package_name: "shop".into(),
            path: "customers.sql".into(),
            original_file_path: "snapshots/customers.sql".into(),
            ..Node::default()
        }
    }

    #[test]
    fn sql_of_a_snapshot_takes_the_place_of_what_an_older_dbt_left() {
        let folder = std::env::temp_dir().join(format!("refract-sql-{}", std::process::id()));
        let path = folder.join(sql_path(&snapshot(), None));
        let former = path.parent().expect("a folder");
        write(former, b"old", false).expect("written");
        write_sql(&path, "select 1").expect("written");
        assert!(path.ends_with("shop/snapshots/customers.sql/customers.sql"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "select 1");
        fs::remove_dir_all(folder).expect("removed");
    }
}
