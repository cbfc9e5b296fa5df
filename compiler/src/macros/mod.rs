//! dbt's public macros, written anew: materializations, strategies, generic tests, cross-database functions.
//!
//! A folder is a package as dbt has it: `dbt` for all warehouses, `dbt_duckdb` and `dbt_postgres` for what differs there.
//! Macros are reached by name, through `adapter.dispatch`, so a project replaces any of them with one of its own.

/// Names the files of each package once; what is not named here is not part of Refract.
macro_rules! packages {
    ($($package:literal: [$($path:literal),* $(,)?]),* $(,)?) => {
        &[$($((
            $package,
            concat!("macros/", $path),
            include_str!(concat!($package, "/", $path)),
        )),*),*]
    };
}

const FILES: &[(&str, &str, &str)] = packages! {
    "dbt_duckdb": [
        "adapters/columns.sql",
        "adapters/foreign_keys.sql",
        "adapters/grants.sql",
        "adapters/indexes.sql",
        "adapters/metadata.sql",
        "adapters/microbatch.sql",
        "adapters/relation.sql",
        "adapters/timestamps.sql",
        "materializations/external.sql",
        "materializations/functions.sql",
        "materializations/merge.sql",
        "materializations/models.sql",
        "materializations/seeds.sql",
        "materializations/table_function.sql",
        "utils/aggregates.sql",
        "utils/arrays.sql",
        "utils/casts.sql",
        "utils/dates.sql",
        "utils/series.sql",
        "utils/strings.sql",
    ],
    "dbt_postgres": [
        "adapters/columns.sql",
        "adapters/dependents.sql",
        "adapters/grants.sql",
        "adapters/indexes.sql",
        "adapters/materialized_view.sql",
        "adapters/metadata.sql",
        "adapters/microbatch.sql",
        "adapters/relation.sql",
        "adapters/schema.sql",
        "adapters/timestamps.sql",
        "materializations/functions.sql",
        "utils/aggregates.sql",
        "utils/dates.sql",
        "utils/strings.sql",
    ],
    "dbt": [
        "adapters/columns.sql",
        "adapters/contracts.sql",
        "adapters/dependents.sql",
        "adapters/freshness.sql",
        "adapters/grants.sql",
        "adapters/indexes.sql",
        "adapters/metadata.sql",
        "adapters/persist_docs.sql",
        "adapters/python_model.sql",
        "adapters/relation.sql",
        "adapters/relations/create.sql",
        "adapters/relations/drop.sql",
        "adapters/relations/rename.sql",
        "adapters/relations/replace.sql",
        "adapters/schema.sql",
        "adapters/show.sql",
        "adapters/timestamps.sql",
        "adapters/validate_sql.sql",
        "etc/datetime.sql",
        "etc/statement.sql",
        "generic_tests/builtin.sql",
        "get_custom_name/alias.sql",
        "get_custom_name/database.sql",
        "get_custom_name/latest_version_pointer.sql",
        "get_custom_name/schema.sql",
        "materializations/configs.sql",
        "materializations/functions/aggregate.sql",
        "materializations/functions/function.sql",
        "materializations/functions/scalar.sql",
        "materializations/hooks.sql",
        "materializations/incremental/columns.sql",
        "materializations/incremental/delete_insert.sql",
        "materializations/incremental/insert_overwrite.sql",
        "materializations/incremental/merge.sql",
        "materializations/incremental/on_schema_change.sql",
        "materializations/incremental/strategies.sql",
        "materializations/models/clone.sql",
        "materializations/models/incremental.sql",
        "materializations/models/materialized_view.sql",
        "materializations/models/table.sql",
        "materializations/models/view.sql",
        "materializations/seeds/load.sql",
        "materializations/seeds/seed.sql",
        "materializations/snapshots/merge.sql",
        "materializations/snapshots/snapshot.sql",
        "materializations/snapshots/staging.sql",
        "materializations/snapshots/strategies.sql",
        "materializations/tests/test.sql",
        "materializations/tests/unit.sql",
        "utils/aggregates.sql",
        "utils/arrays.sql",
        "utils/casts.sql",
        "utils/comparisons.sql",
        "utils/dates.sql",
        "utils/series.sql",
        "utils/sets.sql",
        "utils/strings.sql",
        "utils/types.sql",
    ],
};

/// All built-in files as (package, path, text). Which packages a project sees depends on its adapter:
/// see [`internal_packages`].
pub fn builtin() -> &'static [(&'static str, &'static str, &'static str)] {
    FILES
}

/// The packages whose macros are seen everywhere in a project on `adapter`, first wins.
pub fn internal_packages(adapter: &str) -> Vec<String> {
    let own = format!("dbt_{adapter}");
    let known = FILES.iter().any(|(package, _, _)| *package == own);
    known
        .then_some(own)
        .into_iter()
        .chain(["dbt".to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed() {
        fn walk(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                } else if path.extension().is_some_and(|extension| extension == "sql") {
                    found.push(path.to_string_lossy().into_owned());
                }
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/macros");
        let mut on_disk = Vec::new();
        walk(&root, &mut on_disk);
        let mut listed: Vec<String> = FILES
            .iter()
            .map(|(package, path, _)| {
                let below = path.strip_prefix("macros/").unwrap();
                root.join(package)
                    .join(below)
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        on_disk.sort();
        listed.sort();
        assert_eq!(listed, on_disk);
    }

    #[test]
    fn adapters_without_a_package_see_dbt_only() {
        assert_eq!(internal_packages("duckdb"), ["dbt_duckdb", "dbt"]);
        assert_eq!(internal_packages("spark"), ["dbt"]);
    }
}
