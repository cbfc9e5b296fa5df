//! The compiler's view of the disk.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use chrono::{DateTime, Utc};
use compiler::world::{World, WorldError};

/// How the names of variables begin whose values go into the artifacts' metadata.
const METADATA_PREFIX: &str = "DBT_ENV_CUSTOM_ENV_";

/// One invocation's files, environment and clock. The environment is read once, so that a run sees one state of it.
#[derive(Debug)]
pub struct DiskWorld {
    root: PathBuf,
    root_text: String,
    env: BTreeMap<String, String>,
    started_at: DateTime<Utc>,
    invocation_id: String,
}

impl DiskWorld {
    /// The world of a project folder, now, with this process's environment.
    pub fn new(root: PathBuf) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            root_text: root.to_string_lossy().into_owned(),
            root,
            env,
            started_at: Utc::now(),
            invocation_id: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// Gives the invocation an id made elsewhere, such as a run's id in the server's history.
    #[must_use]
    pub fn with_invocation_id(mut self, id: impl Into<String>) -> Self {
        self.invocation_id = id.into();
        self
    }

    /// The environment variables by name.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    fn absolute(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl World for DiskWorld {
    fn read(&self, path: &str) -> Result<String, WorldError> {
        let bytes = self.read_bytes(path)?;
        String::from_utf8(bytes).map_err(|_| WorldError::Unreadable {
            path: path.to_owned(),
            reason: "it is not UTF-8 text".to_owned(),
        })
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, WorldError> {
        let file = self.absolute(path);
        let read = || -> io::Result<Vec<u8>> {
            let size = usize::try_from(regular(&file)?.len()).unwrap_or_default();
            // One more than there is shows the end without growing.
            let mut bytes = Vec::with_capacity(size + 1);
            File::open(&file)?.take(u64::MAX).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| world_error(path, &error))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, WorldError> {
        let file = self.absolute(path);
        let opened = regular(&file).and_then(|_| File::open(&file));
        let opened = opened.map_err(|error| world_error(path, &error))?;
        Ok(Box::new(opened))
    }

    fn size(&self, path: &str) -> Result<u64, WorldError> {
        let found = regular(&self.absolute(path)).map_err(|error| world_error(path, &error))?;
        Ok(found.len())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let mut files = Vec::new();
        let mut open = Vec::new();
        walk(
            &self.absolute(folder),
            folder.trim_end_matches('/'),
            &mut open,
            &mut files,
        )?;
        files.sort();
        Ok(files)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, WorldError> {
        let entries = match fs::read_dir(self.absolute(folder)) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(world_error(folder, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| world_error(folder, &error))?;
            if is_folder(&entry) {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort();
        Ok(names)
    }

    fn env_var(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn metadata_envs(&self) -> BTreeMap<String, String> {
        let named = self.env.iter();
        named
            .filter_map(|(name, value)| Some((name.strip_prefix(METADATA_PREFIX)?, value)))
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }

    fn started_at(&self) -> DateTime<Utc> {
        self.started_at
    }

    fn invocation_id(&self) -> &str {
        &self.invocation_id
    }

    fn project_root(&self) -> &str {
        &self.root_text
    }

    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        if cores.min(count) < 2 {
            (0..count).for_each(work);
            return;
        }
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..cores.min(count) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return;
                        }
                        work(index);
                    }
                });
            }
        });
    }
}

/// Adds all files under `folder`. Links are followed, as dbt does; `open` holds the folders above this one,
/// so that a link to one of them ends the walk there.
fn walk(
    folder: &Path,
    prefix: &str,
    open: &mut Vec<PathBuf>,
    files: &mut Vec<String>,
) -> Result<(), WorldError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(()),
        Err(error) => return Err(world_error(prefix, &error)),
    };
    let real = folder
        .canonicalize()
        .map_err(|error| world_error(prefix, &error))?;
    if open.contains(&real) {
        return Ok(());
    }
    open.push(real);
    for entry in entries {
        let entry = entry.map_err(|error| world_error(prefix, &error))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if prefix.is_empty() || prefix == "." {
            name
        } else {
            format!("{prefix}/{name}")
        };
        if is_folder(&entry) {
            walk(&entry.path(), &path, open, files)?;
        } else {
            files.push(path);
        }
    }
    open.pop();
    Ok(())
}

/// Whether an entry is a folder or a link to one. The system says so with the entry; only links are looked up.
/// What the system knows of a file. A pipe is none: it would be waited for without end.
fn regular(file: &Path) -> io::Result<Metadata> {
    let found = fs::metadata(file)?;
    if found.is_file() {
        Ok(found)
    } else {
        Err(io::Error::other("it is not a file"))
    }
}

fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn world_error(path: &str, error: &std::io::Error) -> WorldError {
    if is_absent(error) {
        WorldError::NotFound(path.to_owned())
    } else {
        WorldError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}
