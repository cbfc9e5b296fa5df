//! The contract as the page shows it.

use super::Judge;
use crate::contract::declared::{Declared, MaxAge};
use crate::contract::view::{ContractColumn, ContractView, PromiseState};

impl Judge<'_> {
    pub(super) fn view(self, declared: Declared) -> ContractView {
        let state = self
            .promises
            .iter()
            .map(|promise| promise.state)
            .max()
            .unwrap_or(PromiseState::Unknown);
        let columns = self.columns(&declared);
        let result = self.facts.result(&self.node.unique_id);
        ContractView {
            unique_id: self.node.unique_id.clone(),
            name: self.node.name.clone(),
            relation_name: self.node.relation_name.clone(),
            description: declared
                .description
                .unwrap_or_else(|| self.node.description.trim().to_owned()),
            owner: declared.owner,
            version: declared.version,
            grain: declared.grain,
            max_age: declared.max_age.as_ref().map(MaxAge::text),
            freshness_column: declared.freshness_column,
            consumers: declared.consumers,
            columns,
            promises: self.promises,
            state,
            checked_at: result.and_then(|result| self.facts.ended(result)),
            problems: declared.problems,
        }
    }

    /// All columns of the model: the warehouse's order, then documented ones, then those of the contract alone.
    pub(super) fn columns(&self, declared: &Declared) -> Vec<ContractColumn> {
        let mut names: Vec<&str> = self
            .node
            .columns
            .values()
            .map(|column| column.name.as_str())
            .collect();
        names.extend(declared.columns.values().map(|column| column.name.as_str()));
        let mut found: Vec<_> = self
            .table
            .into_iter()
            .flat_map(|table| &table.columns)
            .collect();
        found.sort_by_key(|(_, column)| column.index);
        let warehouse: Vec<&str> = found.into_iter().map(|(name, _)| name.as_str()).collect();
        // The spelling of the properties goes before the warehouse's.
        let spelt = |name: &str| {
            names
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .copied()
        };
        let mut ordered: Vec<&str> = warehouse
            .into_iter()
            .map(|name| spelt(name).unwrap_or(name))
            .collect();
        for name in &names {
            if !ordered.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                ordered.push(name);
            }
        }
        ordered
            .into_iter()
            .map(|name| self.contract_column(name, declared))
            .collect()
    }

    pub(super) fn contract_column(&self, name: &str, declared: &Declared) -> ContractColumn {
        let own = declared
            .columns
            .get(&name.to_lowercase())
            .cloned()
            .unwrap_or_default();
        let documented = self.documented(name);
        let reads = |columns: &[String]| {
            columns.is_empty() || columns.iter().any(|c| c.eq_ignore_ascii_case(name))
        };
        let promised = self
            .promises
            .iter()
            .filter(|promise| promise.column.as_deref() == Some(name));
        ContractColumn {
            name: name.to_owned(),
            description: own
                .description
                .or_else(|| documented.map(|column| column.description.trim().to_owned()))
                .unwrap_or_default(),
            data_type: self
                .warehouse_type(name)
                .or_else(|| documented.and_then(|column| column.data_type.as_deref()))
                .map(str::to_owned),
            window: own.window,
            null_meaning: own.null_meaning,
            unit: own.unit,
            min: own.min,
            max: own.max,
            consumers: declared
                .consumers
                .iter()
                .filter(|consumer| reads(&consumer.columns))
                .map(|consumer| consumer.name.clone())
                .collect(),
            state: promised.map(|promise| promise.state).max(),
        }
    }
}
