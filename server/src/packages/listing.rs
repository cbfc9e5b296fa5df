//! What is wanted of each package, by whom, and how it is told when that cannot be.

use compiler::diag::{Diagnostic, Diagnostics};
use indexmap::IndexMap;

use super::spec::{Entry, Origin, Source};
use super::version::Version;

/// All that is wanted of one package.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// As it was asked for first.
    pub(super) source: Source,
    /// Who wants which versions of it, or which revision.
    pub(super) asks: Vec<(Origin, Source)>,
}

/// Packages by what tells them apart, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) packages: IndexMap<String, Wanted>,
}

/// Names under which a package may be known already.
pub(super) fn names(source: &Source) -> Vec<String> {
    match source {
        Source::Hub { package, .. } => vec![package.clone()],
        Source::Git {
            url, subdirectory, ..
        } => {
            let url = url.meant.expose();
            // With and without `.git` it is the same repository.
            let other = url
                .strip_suffix(".git")
                .map_or_else(|| format!("{url}.git"), str::to_owned);
            let with_folder = |url: &str| match subdirectory {
                Some(folder) => format!("{url}/{folder}"),
                None => url.to_owned(),
            };
            vec![with_folder(url), with_folder(&other)]
        }
        Source::Tarball { url, .. } => vec![url.meant.expose().to_owned()],
        Source::Local { path } => vec![path.clone()],
    }
}

impl Listing {
    /// Adds a wish; gives the key of its package.
    pub(super) fn add(&mut self, wanted: Wanted) -> Result<String, Diagnostic> {
        let names = names(&wanted.source);
        let key = names
            .iter()
            .find(|name| self.packages.contains_key(*name))
            .unwrap_or(&names[0])
            .clone();
        match self.packages.get_mut(&key) {
            None => {
                self.packages.insert(key.clone(), wanted);
            }
            Some(known) => {
                let same_kind =
                    std::mem::discriminant(&known.source) == std::mem::discriminant(&wanted.source);
                if !same_kind {
                    let (origin, _) = &wanted.asks[0];
                    return Err(origin.error(
                        "package-kinds",
                        format!("'{key}' is wanted as two kinds of package"),
                    ));
                }
                for ask in wanted.asks {
                    if !known.asks.contains(&ask) {
                        known.asks.push(ask);
                    }
                }
            }
        }
        Ok(key)
    }

    pub(super) fn add_entries(&mut self, entries: Vec<Entry>, errors: &mut Diagnostics) {
        for entry in entries {
            let wanted = Wanted {
                asks: vec![(entry.origin, entry.source.clone())],
                source: entry.source,
            };
            if let Err(error) = self.add(wanted) {
                errors.push(error);
            }
        }
    }
}

pub(super) fn versions(source: &Source) -> &[Version] {
    match source {
        Source::Hub { versions, .. } => versions,
        _ => &[],
    }
}

/// The revision that everybody wants.
pub(super) fn one_revision(wanted: &Wanted) -> Result<Option<String>, Diagnostic> {
    let mut found: IndexMap<&str, &Origin> = IndexMap::new();
    for (origin, source) in &wanted.asks {
        if let Source::Git {
            revision: Some(revision),
            ..
        } = source
        {
            found.entry(revision).or_insert(origin);
        }
    }
    if found.len() > 1 {
        let asked: Vec<String> = found
            .iter()
            .map(|(revision, origin)| format!("{revision} ({})", origin.who))
            .collect();
        let url = names(&wanted.source)
            .first()
            .map(|name| super::shown::address(name))
            .unwrap_or_default();
        let message = format!(
            "git package {url} is wanted at different revisions: {}",
            asked.join(", ")
        );
        return Err(place(
            Diagnostic::error("package-conflict", message).hint("agree on one revision"),
            wanted,
        ));
    }
    Ok(found.keys().next().map(|revision| (*revision).to_owned()))
}

pub(super) fn conflict(package: &str, wanted: &Wanted) -> Diagnostic {
    let asked: Vec<String> = wanted
        .asks
        .iter()
        .map(|(origin, source)| {
            let wants: Vec<String> = versions(source).iter().map(ToString::to_string).collect();
            format!("{} wants {}", origin.who, wants.join(", "))
        })
        .collect();
    let message = format!(
        "no version of package {package} satisfies all who want it: {}",
        asked.join("; ")
    );
    let error = Diagnostic::error("package-conflict", message).hint(
        "widen the range in packages.yml, or take other versions of the packages that want it",
    );
    place(error, wanted)
}

/// Puts an error where this project asked for the package; says who asked where a package did.
pub(super) fn place(mut error: Diagnostic, wanted: &Wanted) -> Diagnostic {
    let mut places = wanted
        .asks
        .iter()
        .filter_map(|(origin, _)| origin.place.clone());
    if error.span.is_none() {
        error.span = places.next();
    }
    if error.span.is_none()
        && let Some((origin, _)) = wanted.asks.first()
        && !error.message.contains(&origin.who)
    {
        error.message = format!("{} (wanted by {})", error.message, origin.who);
    }
    error
}
