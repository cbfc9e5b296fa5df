//! From a selection to the elements: following the graph, tests that come along, set operations.

use std::collections::BTreeSet;

use super::criterion::{Criterion, Indirect};
use super::glob;
use super::methods;
use super::spec::{Group, Spec};
use super::{Positions, Request};
use crate::artifacts::manifest::ResourceType;
use crate::diag::{Diagnostic, Severity};
use crate::graph::universe::Universe;

/// What a part of a selection names: itself, and tests that only come along if another part has their parents.
struct Found {
    direct: Positions,
    indirect: Positions,
}

pub(super) struct Evaluation<'a> {
    pub(super) universe: &'a Universe<'a>,
    pub(super) request: &'a Request<'a>,
    pub(super) warnings: Vec<Diagnostic>,
    /// Selectors that are being evaluated, to find those that name themselves.
    open: Vec<String>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(universe: &'a Universe<'a>, request: &'a Request<'a>) -> Self {
        Self {
            universe,
            request,
            warnings: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The selected elements of the kinds that the command takes.
    pub(super) fn selected(&mut self, spec: &Spec) -> Result<Positions, Diagnostic> {
        let found = self.spec(spec)?;
        let wanted = |position: &u32| {
            let element = &self.universe.elements[*position as usize];
            self.request.kinds.contains(&element.kind)
                && (self.request.keep_empty || !element.empty)
        };
        Ok(found.direct.into_iter().filter(wanted).collect())
    }

    /// The elements of the named YAML selectors, which may be a pattern.
    pub(super) fn by_selector(&mut self, pattern: &str) -> Result<Positions, Diagnostic> {
        let request = self.request;
        let names: Vec<&str> = request
            .definitions
            .names()
            .filter(|name| glob::matches(name, pattern))
            .collect();
        if names.is_empty() {
            let known: Vec<&str> = request.definitions.names().collect();
            let hint = if known.is_empty() {
                "the project has no selectors.yml".to_owned()
            } else {
                format!("the selectors are {}", known.join(", "))
            };
            let message = format!("there is no selector called {pattern}");
            return Err(Diagnostic::error("selector-not-found", message).hint(hint));
        }
        let mut all = Positions::new();
        for name in names {
            if self.open.iter().any(|open| open == name) {
                let circle = format!("{} → {name}", self.open.join(" → "));
                let message = format!("selectors name each other in a circle: {circle}");
                return Err(Diagnostic::error("selector-cycle", message));
            }
            let Some(spec) = request.definitions.get(name) else {
                continue;
            };
            self.open.push(name.to_owned());
            let found = self.selected(spec);
            self.open.pop();
            all.extend(found?);
        }
        Ok(all)
    }

    fn spec(&mut self, spec: &Spec) -> Result<Found, Diagnostic> {
        let (group, combine): (&Group, fn(Vec<Positions>) -> Positions) = match spec {
            Spec::One(criterion) => return self.criterion(criterion),
            Spec::Union(group) => (group, union),
            Spec::Intersection(group) => (group, intersection),
            Spec::Difference(group) => (group, difference),
        };
        let (mut direct, mut all) = (Vec::new(), Vec::new());
        for part in &group.parts {
            let found = self.spec(part)?;
            all.push(found.direct.union(&found.indirect).copied().collect());
            direct.push(found.direct);
        }
        let indirect = combine(all);
        let direct = self.with_indirect(combine(direct), &indirect, group.indirect);
        if let Some(raw) = group.expected.as_ref().filter(|_| direct.is_empty()) {
            let message =
                format!("the selection criterion '{raw}' does not match any enabled nodes");
            let hint = format!(
                "see what there is with: refract ls{}",
                similar(self.universe, raw)
            );
            self.warnings
                .push(Diagnostic::warning("selector-no-match", message).hint(hint));
        }
        Ok(Found { direct, indirect })
    }

    fn criterion(&mut self, criterion: &Criterion) -> Result<Found, Diagnostic> {
        let is_selector = criterion.method == "selector";
        let named = if is_selector {
            self.by_selector(&criterion.text())?
        } else {
            methods::search(self.universe, &self.request.evidence, criterion)?
        };
        if let ("state", Some(state)) = (criterion.method.as_str(), self.request.evidence.state) {
            for news in state.news(&criterion.text()) {
                if news.severity == Severity::Error {
                    return Err(news.clone());
                }
                if !self.warnings.contains(news) {
                    self.warnings.push(news.clone());
                }
            }
        }
        let mut selected = named.clone();
        if criterion.childrens_parents {
            selected.extend(self.reach(&named, &self.universe.children, None));
            selected.extend(self.reach(&selected, &self.universe.parents, None));
        }
        if let Some(depth) = criterion.parents {
            selected.extend(self.reach(&named, &self.universe.parents, depth));
        }
        if let Some(depth) = criterion.children {
            selected.extend(self.reach(&named, &self.universe.children, depth));
        }
        // A selector has taken its tests along already.
        if is_selector || criterion.indirect == Indirect::Empty {
            return Ok(Found {
                direct: selected,
                indirect: Positions::new(),
            });
        }
        Ok(self.expand(selected, criterion.indirect))
    }

    /// Everything within so many steps, without the start unless it is reached from another of the starts.
    fn reach(&self, start: &Positions, edges: &[Vec<u32>], depth: Option<usize>) -> Positions {
        let mut found = vec![false; self.universe.elements.len()];
        let mut layer: Vec<u32> = start.iter().copied().collect();
        let mut steps = 0;
        while !layer.is_empty() && depth.is_none_or(|depth| steps < depth) {
            let mut next = Vec::new();
            for position in layer {
                for other in &edges[position as usize] {
                    if !std::mem::replace(&mut found[*other as usize], true) {
                        next.push(*other);
                    }
                }
            }
            layer = next;
            steps += 1;
        }
        (0..found.len() as u32)
            .filter(|position| found[*position as usize])
            .collect()
    }

    /// Adds the tests of what is selected.
    fn expand(&self, selected: Positions, way: Indirect) -> Found {
        let buildable =
            (way == Indirect::Buildable).then(|| self.with_ancestors_and_sources(&selected));
        let (mut direct, mut indirect) = (selected.clone(), Positions::new());
        for position in &selected {
            for child in &self.universe.children[*position as usize] {
                if !self.is_test(*child) {
                    continue;
                }
                let parents = &self.universe.parents[*child as usize];
                let comes = way == Indirect::Eager
                    || parents.iter().all(|parent| selected.contains(parent))
                    || buildable
                        .as_ref()
                        .is_some_and(|all| parents.iter().all(|parent| all.contains(parent)));
                if comes {
                    direct.insert(*child);
                } else {
                    indirect.insert(*child);
                }
            }
        }
        Found { direct, indirect }
    }

    /// Adds tests that wait for parents which another part has selected.
    fn with_indirect(&self, direct: Positions, waiting: &Positions, way: Indirect) -> Positions {
        let base = match way {
            Indirect::Cautious => direct.clone(),
            Indirect::Buildable => {
                let ancestors = self.reach(&direct, &self.universe.parents, None);
                direct.union(&ancestors).copied().collect()
            }
            Indirect::Eager | Indirect::Empty => return direct,
        };
        let mut all = direct;
        for position in waiting {
            let is_data_test =
                self.universe.elements[*position as usize].kind == ResourceType::Test;
            if is_data_test
                && self.universe.parents[*position as usize]
                    .iter()
                    .all(|parent| base.contains(parent))
            {
                all.insert(*position);
            }
        }
        all
    }

    fn with_ancestors_and_sources(&self, selected: &Positions) -> Positions {
        let mut all = self.reach(selected, &self.universe.parents, None);
        all.extend(selected);
        let sources = self.universe.elements.iter().enumerate();
        all.extend(
            sources
                .filter(|(_, e)| e.kind == ResourceType::Source)
                .map(|(position, _)| position as u32),
        );
        all
    }

    fn is_test(&self, position: u32) -> bool {
        matches!(
            self.universe.elements[position as usize].kind,
            ResourceType::Test | ResourceType::UnitTest
        )
    }
}

fn union(sets: Vec<Positions>) -> Positions {
    sets.into_iter().flatten().collect()
}

fn intersection(sets: Vec<Positions>) -> Positions {
    let mut sets = sets.into_iter();
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |all, set| all.intersection(&set).copied().collect())
}

fn difference(sets: Vec<Positions>) -> Positions {
    let mut sets = sets.into_iter();
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |all, set| all.difference(&set).copied().collect())
}

/// Names that contain what was asked for or are contained in it, to help with a misspelt one.
fn similar(universe: &Universe<'_>, raw: &str) -> String {
    let asked = raw.trim_matches(|c: char| c == '+' || c == '@' || c.is_ascii_digit());
    let asked = asked.rsplit(':').next().unwrap_or_default().to_lowercase();
    if asked.len() < 3 || asked.contains(['*', ',', '/']) {
        return String::new();
    }
    let close = |name: &str| name.contains(&asked) || (name.len() > 3 && asked.contains(name));
    let names: BTreeSet<&str> = universe
        .elements
        .iter()
        .filter(|element| element.kind != ResourceType::Test && close(&element.name.to_lowercase()))
        .map(|element| element.name)
        .take(3)
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "; perhaps you mean {}",
        names.into_iter().collect::<Vec<_>>().join(", ")
    )
}
