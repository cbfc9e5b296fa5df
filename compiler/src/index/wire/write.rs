//! From the index in memory to the wire.

use chrono::DateTime;
use indexmap::IndexSet;

use super::{
    Configs, FORMAT, KINDS, STATUSES, Strings, Wire, WireFreshness, WireNode, WireResult, WireTest,
    WireTestRest, folder_and_file, from_config, usual_id, usual_test_name,
};
use crate::artifacts::manifest::Threshold;
use crate::index::types::{CatalogIndex, IndexNode, IndexTest, LastResult, NodeFreshness, Text};

struct Writer {
    strings: Strings,
    configs: Configs,
    places: IndexSet<[usize; 6]>,
    clock: i64,
}

pub(super) fn wire(index: &CatalogIndex) -> Wire {
    let lasts = index
        .nodes
        .iter()
        .map(|node| &node.last)
        .chain(index.tests.iter().map(|test| &test.last));
    let clock = lasts
        .flatten()
        .filter_map(|last| seconds(last.at.as_deref()?))
        .max()
        .unwrap_or(0);
    let mut writer = Writer {
        strings: Strings::new(),
        configs: Configs::default(),
        places: IndexSet::new(),
        clock,
    };
    let nodes = index
        .nodes
        .iter()
        .map(|node| writer.node(index, node))
        .collect();
    let free = index.tests.iter().filter(|test| test.node.is_none());
    let tests = free.map(|test| writer.test(None, test)).collect();
    Wire {
        format: FORMAT,
        project: index.project.clone(),
        strings: writer.strings.0.into_iter().collect(),
        places: writer.places.into_iter().collect(),
        pairs: writer.configs.pairs.into_values().collect(),
        configs: writer.configs.lists.into_iter().collect(),
        clock,
        nodes,
        tests,
        macros: index.macros.clone(),
        docs: index.docs.clone(),
        groups: index.groups.clone(),
        keys: index.keys.clone(),
    }
}

fn position<T: PartialEq>(list: &[T], item: &T) -> usize {
    list.iter().position(|one| one == item).unwrap_or(0)
}

fn seconds(at: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(at)
        .ok()
        .map(|time| time.timestamp())
}

fn same(text: Option<&Text>, other: Option<&String>) -> bool {
    text.map(|text| &**text) == other.map(String::as_str)
}

fn same_all(texts: &[Text], others: &[String]) -> bool {
    texts.len() == others.len()
        && texts
            .iter()
            .zip(others)
            .all(|(text, other)| **text == **other)
}

impl Writer {
    fn node(&mut self, index: &CatalogIndex, node: &IndexNode) -> WireNode {
        let (folder, file) = folder_and_file(&node.path);
        let regular_file = file.strip_suffix(".sql") == Some(&node.name);
        let told = from_config(&node.config);
        let usual = usual_id(
            node.kind,
            &node.package,
            node.source.as_deref(),
            &node.name,
            node.version.as_deref(),
        );
        let regular_fqn = node.fqn.last().is_some_and(|last| **last == *node.name)
            && node.fqn.iter().all(|part| !part.contains('/'));
        let prefix: Vec<&str> = node.fqn[..node.fqn.len().saturating_sub(1)]
            .iter()
            .map(|part| &**part)
            .collect();
        let place = [
            self.strings.put(&node.package),
            self.strings
                .put(if regular_file { folder } else { &node.path }),
            self.strings.maybe(node.patch_path.as_ref()),
            if regular_fqn {
                self.strings.put(&prefix.join("/"))
            } else {
                0
            },
            self.strings.maybe(node.database.as_ref()),
            self.strings.maybe(node.schema.as_ref()),
        ];
        WireNode {
            n: node.name.clone(),
            k: position(&KINDS, &node.kind),
            i: (usual != node.unique_id).then(|| node.unique_id.clone()),
            f: self.places.insert_full(place).0,
            x: usize::from(!regular_file),
            fqn: if regular_fqn {
                Vec::new()
            } else {
                node.fqn.iter().map(ToString::to_string).collect()
            },
            a: node
                .relation
                .as_deref()
                .filter(|relation| *relation != node.name)
                .map(str::to_owned),
            c: self.configs.put(&node.config),
            t: (!same_all(&node.tags, &told.tags)).then(|| self.strings.all(&node.tags)),
            source: self.strings.maybe(node.source.as_ref()),
            e: self.strings.maybe(node.exposure_type.as_ref()),
            o: (!same(node.owner.as_ref(), told.owner.as_ref()))
                .then(|| self.strings.maybe(node.owner.as_ref())),
            g: (!same(node.group.as_ref(), told.group.as_ref()))
                .then(|| self.strings.maybe(node.group.as_ref())),
            access: (!same(node.access.as_ref(), told.access.as_ref()))
                .then(|| self.strings.maybe(node.access.as_ref())),
            v: self.strings.maybe(node.version.as_ref()),
            latest: self.strings.maybe(node.latest_version.as_ref()),
            b: usize::from(node.hidden)
                + 2 * usize::from(!node.documented)
                + 4 * usize::from(!node.key_tested),
            l: self.strings.maybe(node.color.as_ref()),
            parents: node.parents.clone(),
            columns: node
                .columns
                .iter()
                .map(|column| 2 * self.strings.put(&column.name) + usize::from(column.documented))
                .collect(),
            tests: node
                .tests
                .iter()
                .map(|test| self.test(Some(node), &index.tests[*test as usize]))
                .collect(),
            r: node.last.as_ref().map(|last| self.result(last)),
            freshness: node
                .freshness
                .as_ref()
                .map(|freshness| self.freshness(freshness)),
            contract: node.contract,
        }
    }

    fn test(&mut self, node: Option<&IndexNode>, test: &IndexTest) -> WireTest {
        let column = test.column.as_ref().and_then(|name| {
            node.and_then(|node| node.columns.iter().position(|column| column.name == *name))
        });
        let hash = test.unique_id.rsplit_once('.').map_or("", |(_, hash)| hash);
        let usual_name = match (node, &test.test) {
            (Some(node), Some(generic)) => usual_test_name(
                generic,
                node.source.as_deref(),
                &node.name,
                test.column.as_deref(),
            ),
            _ => String::new(),
        };
        let suffix = test
            .name
            .strip_prefix(&usual_name)
            .filter(|_| !usual_name.is_empty());
        let usual_id = format!("test.{}.{}.{hash}", test.package, test.name);
        let usual_path = node.and_then(|node| node.patch_path.as_deref()) == Some(&*test.path);
        let usual_fqn = node.is_some_and(|node| {
            // A test stands in its property file's folder, which is its model's as a rule.
            let prefix = &node.fqn[..node
                .fqn
                .len()
                .saturating_sub(1 + usize::from(node.source.is_some()))];
            test.fqn
                .split_last()
                .is_some_and(|(last, rest)| **last == *test.name && rest == prefix)
        });
        let told = from_config(&test.config);
        let rest = WireTestRest {
            i: (usual_id != test.unique_id).then(|| test.unique_id.clone()),
            n: suffix.is_none().then(|| test.name.clone()),
            e: suffix.map_or(0, |suffix| self.strings.put(suffix)),
            p: if node.is_some_and(|node| node.package == test.package) {
                0
            } else {
                self.strings.put(&test.package)
            },
            y: if usual_path {
                0
            } else {
                self.strings.put(&test.path)
            },
            q: if usual_fqn {
                Vec::new()
            } else {
                self.strings.all(&test.fqn)
            },
            parents: (test.node.as_slice() != test.parents).then(|| test.parents.clone()),
            t: (!same_all(&test.tags, &told.tags)).then(|| self.strings.all(&test.tags)),
        };
        let rest = (rest != WireTestRest::default()).then(|| Box::new(rest));
        let result = test.last.as_ref().map(|last| self.result(last));
        WireTest(
            self.strings.maybe(test.test.as_ref()),
            column.map_or(0, |position| position + 1),
            self.configs.put(&test.config),
            if rest.as_ref().is_some_and(|rest| rest.i.is_some()) {
                String::new()
            } else {
                hash.to_owned()
            },
            result.or_else(|| rest.is_some().then(|| WireResult(Vec::new()))),
            rest,
        )
    }

    fn freshness(&mut self, freshness: &NodeFreshness) -> WireFreshness {
        let mut limit = |threshold: &Option<Threshold>| match threshold {
            Some(Threshold {
                count: Some(count),
                period: Some(period),
            }) => self.strings.put(&format!("{count} {period}")),
            _ => 0,
        };
        let (w, e) = (limit(&freshness.warn_after), limit(&freshness.error_after));
        let rest = NodeFreshness {
            warn_after: None,
            error_after: None,
            ..freshness.clone()
        };
        WireFreshness {
            w,
            e,
            r: (rest != NodeFreshness::default()).then_some(rest),
        }
    }

    fn result(&self, last: &LastResult) -> WireResult {
        let before =
            |at: &Option<String>| at.as_deref().and_then(seconds).map(|at| self.clock - at);
        let mut numbers = vec![
            Some(position(&STATUSES, &last.status) as i64),
            before(&last.at),
            Some((last.seconds * 1000.0).round() as i64),
            last.failures,
            before(&last.since),
        ];
        while numbers.last() == Some(&None) {
            numbers.pop();
        }
        WireResult(numbers)
    }
}
