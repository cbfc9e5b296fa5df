//! Answers of the search by what they have in common: kind, package, folder, tag, owner.

use std::collections::HashMap;

use compiler::index::search::Target;

use super::catalog::Catalog;
use super::route::{self, Query};
use super::search::Found;

/// What answers are narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// Model, source, …
    Kind,
    /// Package.
    Package,
    /// Folder, with those below it.
    Folder,
    /// Tag.
    Tag,
    /// Who answers for it.
    Owner,
}

/// How many values of a facet are offered at the most.
const OFFERED: usize = 200;

impl Facet {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Kind,
        Self::Package,
        Self::Folder,
        Self::Tag,
        Self::Owner,
    ];

    /// Its key in an address.
    pub fn key(self) -> &'static str {
        match self {
            Self::Kind => "type",
            Self::Package => "package",
            Self::Folder => "folder",
            Self::Tag => "tag",
            Self::Owner => "owner",
        }
    }

    /// Its name, and what it is called while nothing is chosen.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Kind => ("Kind", "All kinds"),
            Self::Package => ("Package", "All packages"),
            Self::Folder => ("Folder", "All folders"),
            Self::Tag => ("Tag", "All tags"),
            Self::Owner => ("Owner", "All owners"),
        }
    }
}

/// What is chosen of each facet; empty where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen([String; Facet::ALL.len()]);

/// Values of a facet, each with how many answers have it.
pub type Values = Vec<(String, usize)>;

/// The answers that a page shows, and how they can be narrowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// The best, best first.
    pub hits: Vec<Found>,
    /// How many there are.
    pub count: usize,
    /// What could be chosen of each facet.
    pub facets: Vec<(Facet, Values)>,
}

/// What a target has of each facet.
struct Traits<'a> {
    one: [&'a str; 3],
    tags: &'a [compiler::index::Text],
    owner: &'a str,
}

impl<'a> Traits<'a> {
    fn of(catalog: &'a Catalog, target: Target) -> Self {
        let (kind, item) = match target {
            Target::Node(at) => {
                let node = catalog.at(at);
                return Self {
                    one: [node.kind.as_str(), &node.package, folder(&node.path)],
                    tags: &node.tags,
                    owner: node.owner.as_deref().unwrap_or_default(),
                };
            }
            Target::Macro(at) => ("macro", &catalog.index.macros[at as usize]),
            Target::Doc(at) => ("doc", &catalog.index.docs[at as usize]),
            Target::Group(at) => ("group", &catalog.index.groups[at as usize]),
        };
        Self {
            one: [kind, &item.package, folder(&item.path)],
            tags: &[],
            owner: "",
        }
    }

    fn has(&self, facet: Facet, chosen: &str) -> bool {
        match facet {
            Facet::Kind => self.one[0] == chosen,
            Facet::Package => self.one[1] == chosen,
            Facet::Folder => {
                let rest = self.one[2].strip_prefix(chosen);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Facet::Tag => self.tags.iter().any(|tag| **tag == *chosen),
            Facet::Owner => self.owner == chosen,
        }
    }
}

/// The folder of a path; empty where it has none.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Chosen {
    /// From an address's query.
    pub fn parse(query: &Query) -> Self {
        Self(Facet::ALL.map(|facet| query.get(facet.key()).unwrap_or_default()))
    }

    /// What is chosen of a facet; empty where nothing is.
    pub fn of(&self, facet: Facet) -> &str {
        &self.0[facet as usize]
    }

    /// The same with another choice of a facet; choosing what is chosen takes it back.
    #[must_use]
    pub fn with(&self, facet: Facet, value: &str) -> Self {
        let mut next = self.clone();
        let known = &mut next.0[facet as usize];
        *known = if *known == value {
            String::new()
        } else {
            value.to_owned()
        };
        next
    }

    /// Whether nothing is chosen.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(String::is_empty)
    }

    /// The address of the answers to some words.
    pub fn href(&self, words: &str) -> String {
        let chosen = Facet::ALL.map(|facet| (facet.key(), self.of(facet)));
        let mut parts = vec![("q", words)];
        parts.extend(chosen);
        route::with_query("/search", &parts)
    }

    /// Whether a target has all that is chosen.
    pub fn fits(&self, catalog: &Catalog, target: Target) -> bool {
        self.is_empty() || self.lacks(&Traits::of(catalog, target)).next().is_none()
    }

    /// The facets of which something else is chosen than a target has.
    fn lacks(&self, traits: &Traits<'_>) -> impl Iterator<Item = Facet> {
        let facets = Facet::ALL.into_iter();
        facets.filter(|facet| {
            let chosen = self.of(*facet);
            !chosen.is_empty() && !traits.has(*facet, chosen)
        })
    }

    /// How many targets have all that is chosen; and of each facet how many there would be of each value, whatever is
    /// chosen of that facet itself.
    pub fn facets<'c>(
        &self,
        catalog: &'c Catalog,
        all: &[Target],
    ) -> (usize, Vec<(Facet, Values)>) {
        let mut counts: [HashMap<&'c str, usize>; Facet::ALL.len()] = Default::default();
        let mut fitting = 0;
        for target in all {
            let traits = Traits::of(catalog, *target);
            let mut lacks = self.lacks(&traits);
            let (first, second) = (lacks.next(), lacks.next());
            if second.is_some() {
                continue;
            }
            fitting += usize::from(first.is_none());
            let mut count = |facet: Facet, value: &'c str| {
                if first.is_none_or(|lacking| lacking == facet) && !value.is_empty() {
                    *counts[facet as usize].entry(value).or_default() += 1;
                }
            };
            count(Facet::Kind, traits.one[0]);
            count(Facet::Package, traits.one[1]);
            count(Facet::Folder, traits.one[2]);
            count(Facet::Owner, traits.owner);
            traits.tags.iter().for_each(|tag| count(Facet::Tag, tag));
        }
        let facets = Facet::ALL.into_iter().zip(counts);
        let facets = facets.map(|(facet, counts)| (facet, self.values(facet, counts)));
        (fitting, facets.collect())
    }

    /// The values of a facet, the most frequent first; folders by name, with those above them.
    fn values(&self, facet: Facet, counts: HashMap<&str, usize>) -> Values {
        let mut values: HashMap<String, usize> = HashMap::new();
        let mut add = |value: &str, count| match values.get_mut(value) {
            Some(known) => *known += count,
            None => drop(values.insert(value.to_owned(), count)),
        };
        let counts: Vec<(&str, usize)> = counts.into_iter().collect();
        for (value, count) in counts {
            add(value, count);
            if facet == Facet::Folder {
                let above = value.match_indices('/').map(|(at, _)| &value[..at]);
                above.for_each(|above| add(above, count));
            }
        }
        let chosen = self.of(facet);
        if !chosen.is_empty() {
            add(chosen, 0);
        }
        let mut values: Vec<(String, usize)> = values.into_iter().collect();
        values.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        if values.len() > OFFERED {
            let (kept, rest) = values.split_at(OFFERED);
            let chosen = rest.iter().find(|(value, _)| value == chosen);
            values = kept.iter().chain(chosen).cloned().collect();
        }
        if facet == Facet::Folder {
            values.sort();
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::in_folders;
    use super::*;

    fn shop() -> (Catalog, Vec<Target>) {
        let mut catalog = in_folders(&["marts/ml/features", "marts/orders", "staging/orders_raw"]);
        let names = [("ml", "Ann"), ("nightly", "Ann"), ("nightly", "")];
        for (node, (tag, owner)) in catalog.index.nodes.iter_mut().zip(names) {
            node.tags = vec![tag.into()];
            node.owner = Some(owner)
                .filter(|owner| !owner.is_empty())
                .map(Into::into);
        }
        (catalog, (0..3).map(Target::Node).collect())
    }

    fn offered(chosen: &Chosen, facet: Facet) -> Vec<(String, usize)> {
        let (catalog, all) = shop();
        let (_, facets) = chosen.facets(&catalog, &all);
        facets
            .into_iter()
            .find(|(known, _)| *known == facet)
            .unwrap()
            .1
    }

    fn pairs(values: &[(&str, usize)]) -> Vec<(String, usize)> {
        values
            .iter()
            .map(|(value, count)| ((*value).to_owned(), *count))
            .collect()
    }

    #[test]
    fn folders_count_what_is_below_them() {
        assert_eq!(
            offered(&Chosen::default(), Facet::Folder),
            pairs(&[
                ("models", 3),
                ("models/marts", 2),
                ("models/marts/ml", 1),
                ("models/staging", 1)
            ])
        );
        let (catalog, all) = shop();
        let marts = Chosen::default().with(Facet::Folder, "models/marts");
        let fits: Vec<bool> = all.iter().map(|at| marts.fits(&catalog, *at)).collect();
        assert_eq!(fits, [true, true, false]);
        let part = Chosen::default().with(Facet::Folder, "models/mar");
        assert!(!all.iter().any(|at| part.fits(&catalog, *at)));
    }

    #[test]
    fn a_choice_narrows_the_others_and_not_itself() {
        let nightly = Chosen::default().with(Facet::Tag, "nightly");
        assert_eq!(
            offered(&nightly, Facet::Tag),
            pairs(&[("nightly", 2), ("ml", 1)])
        );
        assert_eq!(offered(&nightly, Facet::Owner), pairs(&[("Ann", 1)]));
        let both = nightly.with(Facet::Owner, "Ann");
        let (catalog, all) = shop();
        assert_eq!(both.facets(&catalog, &all).0, 1);
        assert_eq!(offered(&both, Facet::Kind), pairs(&[("model", 1)]));
        // What nothing has is still there to be taken back.
        let nobody = nightly.with(Facet::Owner, "Zoe");
        assert_eq!(
            offered(&nobody, Facet::Owner),
            pairs(&[("Ann", 1), ("Zoe", 0)])
        );
    }

    #[test]
    fn a_choice_is_in_the_address() {
        let chosen = Chosen::default()
            .with(Facet::Folder, "models/marts")
            .with(Facet::Tag, "a b");
        let href = chosen.href("orders");
        assert_eq!(href, "/search?q=orders&folder=models%2Fmarts&tag=a%20b");
        let query = Query::parse(href.split_once('?').unwrap().1);
        assert_eq!(Chosen::parse(&query), chosen);
        assert!(
            chosen
                .with(Facet::Tag, "a b")
                .with(Facet::Folder, "")
                .of(Facet::Tag)
                .is_empty()
        );
    }
}
