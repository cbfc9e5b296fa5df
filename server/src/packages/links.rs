//! Links in packages: none may lead out of its package.

use std::fs;
use std::io;
use std::path::{Component, Path};

/// Backslashes and drive letters mean something on other systems only; no package needs them.
pub(super) fn is_plain(name: &std::ffi::OsStr) -> bool {
    !name.to_string_lossy().contains(['\\', '\0'])
}

/// Whether a link's target stays inside the top folder that the link is in. `..` may stand at the beginning only:
/// behind a name it could climb out of where another link leads.
pub(super) fn points_inside(link: &Path, target: &Path) -> bool {
    // The link's own name and the top folder do not count.
    let depth = link.components().count().saturating_sub(2);
    let mut ups = 0;
    let mut names = false;
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if !names => ups += 1,
            Component::Normal(name) if is_plain(name) => names = true,
            _ => return false,
        }
    }
    ups <= depth && (ups > 0 || names)
}

/// Takes away links that lead out of the folder; files of strangers have no business there.
pub(super) fn drop_outside(
    root: &Path,
    folder: &Path,
    left_out: &mut Vec<String>,
) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            drop_outside(root, &path, left_out)?;
        } else if kind.is_symlink() {
            let inner = path.strip_prefix(root).unwrap_or(&path);
            // The package's folder itself is the top folder here.
            let link = Path::new("package").join(inner);
            let target = fs::read_link(&path)?;
            if !points_inside(&link, &target) {
                left_out.push(format!("{} -> {}", inner.display(), target.display()));
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}
