//! From the wire to the index in memory. Positions are checked, since the text may come from anywhere.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat};

use super::{
    KINDS, STATUSES, Wire, WireFreshness, WireNode, WireResult, WireTest, from_config, usual_id,
    usual_test_name,
};
use crate::artifacts::Config;
use crate::artifacts::manifest::Threshold;
use crate::index::types::{
    CatalogIndex, Coverage, IndexColumn, IndexNode, IndexTest, LastResult, NodeFreshness, Text,
};

struct Reader {
    strings: Vec<Text>,
    configs: Vec<Arc<Config>>,
    places: Vec<[usize; 6]>,
    clock: i64,
    nodes: usize,
}

type Read<T> = Result<T, String>;

pub(super) fn index(wire: Wire) -> Read<CatalogIndex> {
    let configs = wire.configs.iter().map(|list| {
        let pairs = list
            .iter()
            .map(|position| at(&wire.pairs, *position).cloned());
        Ok(Arc::new(Config(pairs.collect::<Read<_>>()?)))
    });
    let reader = Reader {
        strings: wire.strings.into_iter().map(Text::from).collect(),
        configs: configs.collect::<Read<_>>()?,
        places: wire.places,
        clock: wire.clock,
        nodes: wire.nodes.len(),
    };
    let mut nodes = Vec::with_capacity(wire.nodes.len());
    let mut tests = Vec::new();
    for (position, wire_node) in wire.nodes.into_iter().enumerate() {
        reader.node(position, wire_node, &mut nodes, &mut tests)?;
    }
    for test in wire.tests {
        tests.push(reader.test(None, test)?);
    }
    let mut index = CatalogIndex {
        project: wire.project,
        nodes,
        tests,
        macros: wire.macros,
        docs: wire.docs,
        groups: wire.groups,
        keys: wire.keys,
        coverage: Coverage::default(),
    };
    for key in &index.keys {
        at(&index.nodes, key.node as usize)?;
        at(&index.nodes, key.to as usize)?;
        if let Some(test) = key.test {
            at(&index.tests, test as usize)?;
        }
    }
    index.complete();
    Ok(index)
}

fn at<T>(list: &[T], position: usize) -> Read<&T> {
    list.get(position)
        .ok_or_else(|| format!("the catalog index is damaged: nothing at position {position}"))
}

impl Reader {
    fn text(&self, position: usize) -> Read<Text> {
        at(&self.strings, position).cloned()
    }

    fn maybe(&self, position: usize) -> Read<Option<Text>> {
        Ok(if position == 0 {
            None
        } else {
            Some(self.text(position)?)
        })
    }

    fn all(&self, positions: &[usize]) -> Read<Vec<Text>> {
        positions
            .iter()
            .map(|position| self.text(*position))
            .collect()
    }

    fn either(&self, given: Option<usize>, told: Option<String>) -> Read<Option<Text>> {
        match given {
            Some(position) => self.maybe(position),
            None => Ok(told.map(Text::from)),
        }
    }

    fn tags(&self, given: Option<Vec<usize>>, told: Vec<String>) -> Read<Vec<Text>> {
        match given {
            Some(positions) => self.all(&positions),
            None => Ok(told.into_iter().map(Text::from).collect()),
        }
    }

    fn known(&self, positions: Vec<u32>) -> Read<Vec<u32>> {
        match positions
            .iter()
            .find(|position| **position as usize >= self.nodes)
        {
            Some(position) => Err(format!(
                "the catalog index is damaged: there is no node {position}"
            )),
            None => Ok(positions),
        }
    }

    fn node(
        &self,
        position: usize,
        wire: WireNode,
        nodes: &mut Vec<IndexNode>,
        tests: &mut Vec<IndexTest>,
    ) -> Read<()> {
        let [package, folder, patch, fqn_prefix, database, schema] = *at(&self.places, wire.f)?;
        let package = self.text(package)?;
        let config = at(&self.configs, wire.c)?.clone();
        let told = from_config(&config);
        let (source, version) = (self.maybe(wire.source)?, self.maybe(wire.v)?);
        let kind = *at(&KINDS, wire.k)?;
        let unique_id = wire.i.unwrap_or_else(|| {
            usual_id(
                kind,
                &package,
                source.as_deref(),
                &wire.n,
                version.as_deref(),
            )
        });
        let folder = self.text(folder)?;
        let path = match (wire.x, &*folder) {
            (0, "") => format!("{}.sql", wire.n),
            (0, folder) => format!("{folder}/{}.sql", wire.n),
            (_, path) => path.to_owned(),
        };
        let fqn = if wire.fqn.is_empty() {
            let prefix = self.text(fqn_prefix)?;
            let parts = prefix.split('/').filter(|part| !part.is_empty());
            parts.chain([&*wire.n]).map(Text::from).collect()
        } else {
            wire.fqn.into_iter().map(Text::from).collect()
        };
        let schema = self.maybe(schema)?;
        let relation = match (wire.a, &schema) {
            (Some(relation), _) => Some(Text::from(relation)),
            (None, Some(_)) => Some(Text::from(wire.n.as_str())),
            (None, None) => None,
        };
        let mut columns = Vec::with_capacity(wire.columns.len());
        for code in wire.columns {
            columns.push(IndexColumn {
                name: self.text(code / 2)?,
                documented: code % 2 == 1,
                tests: 0,
                worst: None,
            });
        }
        let mut node = IndexNode {
            unique_id,
            path,
            patch_path: self.maybe(patch)?,
            fqn,
            database: self.maybe(database)?,
            schema,
            relation,
            tags: self.tags(wire.t, told.tags)?,
            source,
            exposure_type: self.maybe(wire.e)?,
            owner: self.either(wire.o, told.owner)?,
            group: self.either(wire.g, told.group)?,
            access: self.either(wire.access, told.access)?,
            version,
            latest_version: self.maybe(wire.latest)?,
            hidden: wire.b & 1 != 0,
            documented: wire.b & 2 == 0,
            key_tested: wire.b & 4 == 0,
            color: self.maybe(wire.l)?,
            parents: self.known(wire.parents)?,
            children: Vec::new(),
            columns,
            tests: Vec::new(),
            last: wire.r.map(|result| self.result(&result)).transpose()?,
            freshness: wire
                .freshness
                .map(|freshness| self.freshness(freshness))
                .transpose()?,
            contract: wire.contract,
            name: wire.n,
            kind,
            package,
            config,
        };
        for test in wire.tests {
            let test = self.test(Some((position as u32, &node)), test)?;
            node.tests.push(tests.len() as u32);
            tests.push(test);
        }
        nodes.push(node);
        Ok(())
    }

    fn test(&self, node: Option<(u32, &IndexNode)>, wire: WireTest) -> Read<IndexTest> {
        let WireTest(generic, column, config, hash, result, rest) = wire;
        let rest = rest.map(|rest| *rest).unwrap_or_default();
        let config = at(&self.configs, config)?.clone();
        let generic = self.maybe(generic)?;
        let column = match (column, node) {
            (0, _) | (_, None) => None,
            (number, Some((_, node))) => Some(at(&node.columns, number - 1)?.name.clone()),
        };
        let package = match (rest.p, node) {
            (0, Some((_, node))) => node.package.clone(),
            (position, _) => self.text(position)?,
        };
        let name = match (rest.n, node, &generic) {
            (Some(name), _, _) => name,
            (None, Some((_, node)), Some(generic)) => {
                let usual = usual_test_name(
                    generic,
                    node.source.as_deref(),
                    &node.name,
                    column.as_deref(),
                );
                format!("{usual}{}", self.text(rest.e)?)
            }
            _ => String::new(),
        };
        let path = match (rest.y, node.and_then(|(_, node)| node.patch_path.clone())) {
            (0, Some(path)) => path,
            (position, _) => self.text(position)?,
        };
        let fqn = match (rest.q.is_empty(), node) {
            (true, Some((_, node))) => {
                let length = node
                    .fqn
                    .len()
                    .saturating_sub(1 + usize::from(node.source.is_some()));
                node.fqn[..length]
                    .iter()
                    .cloned()
                    .chain([Text::from(name.as_str())])
                    .collect()
            }
            _ => self.all(&rest.q)?,
        };
        let own = node.map(|(position, _)| position);
        Ok(IndexTest {
            unique_id: rest
                .i
                .unwrap_or_else(|| format!("test.{package}.{name}.{hash}")),
            name,
            test: generic,
            package,
            path,
            fqn,
            column,
            node: own,
            parents: match rest.parents {
                Some(parents) => self.known(parents)?,
                None => own.into_iter().collect(),
            },
            tags: self.tags(rest.t, from_config(&config).tags)?,
            config,
            last: result
                .filter(|result| !result.0.is_empty())
                .map(|result| self.result(&result))
                .transpose()?,
        })
    }

    fn freshness(&self, wire: WireFreshness) -> Read<NodeFreshness> {
        let limit = |position: usize| -> Read<Option<Threshold>> {
            let text = self.text(position)?;
            let Some((count, period)) = text.split_once(' ') else {
                return Ok(None);
            };
            Ok(Some(Threshold {
                count: count.parse().ok(),
                period: Some(period.to_owned()),
            }))
        };
        let (warn_after, error_after) = (limit(wire.w)?, limit(wire.e)?);
        Ok(NodeFreshness {
            warn_after,
            error_after,
            ..wire.r.unwrap_or_default()
        })
    }

    fn result(&self, wire: &WireResult) -> Read<LastResult> {
        let number = |position: usize| wire.0.get(position).copied().flatten();
        let time = |before: i64| {
            let moment = DateTime::from_timestamp(self.clock.checked_sub(before)?, 0)?;
            Some(moment.to_rfc3339_opts(SecondsFormat::Secs, true))
        };
        let status = usize::try_from(number(0).unwrap_or(-1)).unwrap_or(usize::MAX);
        Ok(LastResult {
            status: *at(&STATUSES, status)?,
            at: number(1).and_then(time),
            since: number(4).and_then(time),
            seconds: number(2).unwrap_or(0) as f64 / 1000.0,
            failures: number(3),
        })
    }
}
