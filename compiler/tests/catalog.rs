//! The catalog index: what it tells, its journey over the wire, layout, search and colouring.

use compiler::artifacts::manifest::{Manifest, Node, ResourceType};
use compiler::artifacts::results::{RunResults, SourcesResults, Status};
use compiler::contract::Facts;
use compiler::index::highlight::{Kind, highlight};
use compiler::index::layout::{Item, Nest, Nested, Plan, Spacing, Task, answer, layout};
use compiler::index::search::{Field, SearchTexts, Searcher, Target, search_texts};
use compiler::index::{self, CatalogIndex, IndexNode};
use serde_json::{Value, json};

fn manifest() -> Manifest {
    serde_json::from_str(include_str!("selectors/manifest.json")).expect("the recorded manifest")
}

fn run() -> RunResults {
    let result = |id: &str, status: &str, failures: Value| {
        json!({
            "unique_id": id,
            "status": status,
            "failures": failures,
            "execution_time": 0.1234,
            "timing": [{ "name": "execute", "completed_at": "2026-11-22T10:00:01.250000Z" }],
        })
    };
    let results = [
        result("model.shop.stg_orders", "success", Value::Null),
        result(
            "test.shop.unique_stg_orders_id.beb6e97f2f",
            "pass",
            json!(0),
        ),
        result(
            "test.shop.not_null_stg_orders_id.8cf5724805",
            "fail",
            json!(7),
        ),
    ];
    let metadata = json!({ "generated_at": "2026-11-22T10:00:09Z" });
    let args = json!({ "which": "build" });
    serde_json::from_value(json!({ "metadata": metadata, "results": results, "args": args }))
        .expect("run results")
}

fn freshness() -> SourcesResults {
    let result = json!({
        "unique_id": "source.shop.raw.orders",
        "status": "error",
        "max_loaded_at": "2026-11-20T10:00:00+00:00",
        "snapshotted_at": "2026-11-22T10:00:00+00:00",
        "max_loaded_at_time_ago_in_s": 172_800.4,
    });
    serde_json::from_value(json!({ "metadata": {}, "results": [result] })).expect("freshness")
}

fn catalog_index() -> CatalogIndex {
    index::build(&manifest(), None, Some(&run()), Some(&freshness()))
}

fn node<'a>(index: &'a CatalogIndex, id: &str) -> &'a IndexNode {
    index
        .nodes
        .iter()
        .find(|node| node.unique_id == id)
        .unwrap_or_else(|| panic!("no node {id}"))
}

#[test]
fn a_node_knows_its_place_its_tests_and_its_last_run() {
    let index = catalog_index();
    let orders = node(&index, "model.shop.stg_orders");
    assert_eq!(orders.path, "models/staging/stg_orders.sql");
    assert_eq!(orders.materialized(), "view");
    assert_eq!(orders.owner.as_deref(), Some("ingest"));
    assert_eq!(orders.relation.as_deref(), Some("stg_orders"));
    assert!(orders.key_tested);
    let last = orders.last.as_ref().expect("a result");
    assert_eq!(
        (last.status, last.at.as_deref(), last.seconds),
        (Status::Success, Some("2026-11-22T10:00:01Z"), 0.123)
    );
    let id = &orders.columns[0];
    assert_eq!(
        (&*id.name, id.tests, id.worst, id.documented),
        ("id", 2, Some(Status::Fail), false)
    );
    let names: Vec<&str> = orders
        .tests
        .iter()
        .map(|test| index.tests[*test as usize].test.as_deref().unwrap_or("-"))
        .collect();
    assert_eq!(names, ["unique", "not_null", "relationships"]);
}

#[test]
fn edges_run_both_ways_and_leave_tests_out() {
    let index = catalog_index();
    let names = |positions: &[u32]| -> Vec<String> {
        positions
            .iter()
            .map(|position| index.nodes[*position as usize].label())
            .collect()
    };
    let orders = node(&index, "model.shop.stg_orders");
    assert_eq!(names(&orders.parents), ["raw.orders"]);
    assert_eq!(
        names(&orders.children),
        ["orders_history", "stg_returns", "fct_orders"]
    );
    assert_eq!(
        names(&node(&index, "exposure.shop.churn").parents),
        ["dim_customers.v2", "web.events"]
    );
}

#[test]
fn owners_come_from_meta_group_and_exposure() {
    let index = catalog_index();
    let owner = |id: &str| node(&index, id).owner.as_deref().map(str::to_owned);
    assert_eq!(owner("model.shop.fct_orders").as_deref(), Some("finance"));
    assert_eq!(
        owner("model.shop.dim_customers.v1").as_deref(),
        Some("Finance")
    );
    assert_eq!(owner("exposure.shop.churn").as_deref(), Some("ML"));
    assert_eq!(owner("source.shop.raw.orders"), None);
}

#[test]
fn a_late_source_says_so() {
    let index = catalog_index();
    let freshness = node(&index, "source.shop.raw.orders")
        .freshness
        .clone()
        .expect("a check");
    assert_eq!(
        (freshness.status, freshness.age_seconds),
        (Some(Status::Error), Some(172_800.0))
    );
    assert_eq!(
        freshness.max_loaded_at.as_deref(),
        Some("2026-11-20T10:00:00Z")
    );
}

#[test]
fn shares_count_the_root_projects_models() {
    let coverage = catalog_index().coverage;
    assert_eq!(
        (
            coverage.models,
            coverage.tested_models,
            coverage.key_tested_models
        ),
        (8, 6, 1)
    );
    assert_eq!(
        (
            coverage.columns,
            coverage.documented_columns,
            coverage.tested_columns
        ),
        (6, 0, 6)
    );
}

/// The keys of an index in words, those of tests or those of constraints.
fn keys(index: &CatalogIndex, of_tests: bool) -> Vec<String> {
    let named = |at: u32| index.nodes[at as usize].name.as_str();
    let keys = index
        .keys
        .iter()
        .filter(|key| key.test.is_some() == of_tests);
    keys.map(|key| {
        let (from, to) = (key.columns.join(","), key.to_columns.join(","));
        format!("{}({from}) -> {}({to})", named(key.node), named(key.to))
    })
    .collect()
}

#[test]
fn relationships_and_foreign_keys_say_which_columns_point_where() {
    assert_eq!(
        keys(&catalog_index(), true),
        ["stg_orders(customer_id) -> stg_customers(id)"]
    );
    let relation = manifest().nodes["model.shop.stg_orders"]
        .relation_name
        .clone()
        .expect("a relation");
    let constrained = |to: &str| {
        let mut manifest = manifest();
        let mut nodes = manifest.nodes.values_mut();
        let reads = |node: &&mut Node| {
            node.resource_type == ResourceType::Model
                && node
                    .depends_on
                    .nodes
                    .iter()
                    .any(|id| id == "model.shop.stg_orders")
        };
        let reader = nodes.find(reads).expect("a model that reads it");
        reader.constraints = vec![json!({
            "type": "foreign_key", "columns": ["order_id"], "to": to, "to_columns": ["id"],
        })];
        let name = reader.name.clone();
        (
            name,
            keys(&index::build(&manifest, None, None, None), false),
        )
    };
    for to in [relation.as_str(), "ref('stg_orders')"] {
        let (name, keys) = constrained(to);
        assert_eq!(
            keys,
            [format!("{name}(order_id) -> stg_orders(id)")],
            "{to}"
        );
    }
    assert!(constrained("elsewhere").1.is_empty());

    let mut manifest = manifest();
    let orders = &mut manifest.nodes["model.shop.stg_orders"];
    orders.constraints = vec![json!({
        "type": "foreign_key", "columns": ["id"], "to": "source('raw', 'orders')", "to_columns": ["id"],
    })];
    assert_eq!(
        keys(&index::build(&manifest, None, None, None), false),
        ["stg_orders(id) -> orders(id)"]
    );
}

#[test]
fn another_format_is_refused_in_clear_words() {
    let mut json = serde_json::to_value(catalog_index()).expect("an index is JSON");
    json["format"] = json!(index::FORMAT + 1);
    json["nodes"] = json!("something that this version cannot read");
    let error =
        serde_json::from_str::<CatalogIndex>(&json.to_string()).expect_err("another format");
    let expected = format!(
        "the catalog index has format {}, this page reads format {}",
        index::FORMAT + 1,
        index::FORMAT
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn damaged_positions_are_an_error_and_no_panic() {
    let mut json = serde_json::to_value(catalog_index()).expect("an index is JSON");
    json["nodes"][1]["P"] = json!([9999]);
    let error = serde_json::from_str::<CatalogIndex>(&json.to_string()).expect_err("no such node");
    assert!(
        error.to_string().contains("there is no node 9999"),
        "{error}"
    );
}

#[test]
fn one_node_comes_with_everything() {
    let (manifest, run, freshness) = (manifest(), run(), freshness());
    let facts = Facts::new(&manifest, None, Some(&run), Some(&freshness));
    let orders = index::detail_from_facts(&facts, "model.shop.stg_orders").expect("a model");
    assert!(orders.raw_code.contains("source('raw', 'orders')"));
    assert_eq!(orders.columns[0].tests.len(), 2);
    assert_eq!(
        orders.columns[0].tests[1]
            .last
            .as_ref()
            .and_then(|last| last.failures),
        Some(7)
    );
    assert_eq!(orders.columns[1].tests[0].arguments["field"], json!("id"));
    assert_eq!(orders.macros[0].name, "money");
    let events = index::detail_from_facts(&facts, "model.shop.stg_events").expect("a model");
    assert_eq!(events.relation.as_deref(), Some("events"));
    let tests: Vec<&str> = events.tests.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(tests, ["assert_events"]);
    let fct = index::detail_from_facts(&facts, "model.shop.fct_orders").expect("a model");
    assert!(
        fct.tests.iter().any(|test| test.name == "assert_totals"),
        "a test that reads two models is on both"
    );
    assert_eq!(
        fct.children
            .iter()
            .map(|link| link.name.as_str())
            .collect::<Vec<_>>(),
        ["open_orders", "sales_board", "orders_are_joined"]
    );
    let source = index::detail_from_facts(&facts, "source.shop.raw.orders").expect("a source");
    assert_eq!(
        source.source.map(|source| source.source_name).as_deref(),
        Some("raw")
    );
    let item = index::detail_from_facts(&facts, "macro.shop.cents").expect("a macro");
    assert!(item.raw_code.contains("column"));
    assert!(index::detail_from_facts(&facts, "model.shop.unknown").is_none());
}

#[test]
fn layers_follow_the_longest_path() {
    let picture = layout(
        6,
        &[(0, 1), (1, 2), (0, 2), (3, 2), (9, 1), (4, 4)],
        Spacing::default(),
    );
    assert_eq!(
        picture.ranks,
        [0, 1, 2, 1, 0, 0],
        "what is read late stands late"
    );
    assert_eq!(
        picture.edges.len(),
        4,
        "edges from or to nowhere are left out"
    );
    let long = picture
        .edges
        .iter()
        .find(|edge| (edge.from, edge.to) == (0, 2))
        .expect("the long edge");
    assert_eq!(long.bends.len(), 1);
    assert!(
        picture.nodes[4].y > picture.nodes[2].y,
        "what has no edges stands below"
    );
}

#[test]
fn a_picture_is_the_same_each_time_and_nothing_overlaps() {
    // A generated graph with families, long edges and shared parents.
    let mut edges = Vec::new();
    for child in 1..600_u32 {
        edges.push((child / 3, child));
        edges.push((child * 7 % child.max(1), child));
        edges.push((child.saturating_sub(40), child));
    }
    let spacing = Spacing::default();
    let picture = layout(600, &edges, spacing);
    assert_eq!(picture, layout(600, &edges, spacing));
    let mut places: Vec<(u32, f32)> = picture
        .ranks
        .iter()
        .copied()
        .zip(picture.nodes.iter().map(|point| point.y))
        .collect();
    places.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
    for pair in places.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        assert!(pair[1].1 - pair[0].1 >= spacing.node - 0.5, "{pair:?}");
    }
    for edge in &picture.edges {
        assert!(picture.ranks[edge.from as usize] < picture.ranks[edge.to as usize]);
    }
}

#[test]
fn a_tree_is_drawn_without_crossings() {
    let edges: Vec<(u32, u32)> = (1..40).map(|child| ((child - 1) / 3, child)).collect();
    let picture = layout(40, &edges, Spacing::default());
    for (from, to) in &edges {
        for (other_from, other_to) in &edges {
            if picture.ranks[*from as usize] == picture.ranks[*other_from as usize] {
                let starts =
                    picture.nodes[*from as usize].y - picture.nodes[*other_from as usize].y;
                let ends = picture.nodes[*to as usize].y - picture.nodes[*other_to as usize].y;
                assert!(
                    starts * ends >= 0.0,
                    "{from}-{to} crosses {other_from}-{other_to}"
                );
            }
        }
    }
}

#[test]
fn a_circle_in_foreign_data_ends() {
    let picture = layout(3, &[(0, 1), (1, 2), (2, 0)], Spacing::default());
    assert_eq!(picture.edges.len(), 3);
    assert!(layout(0, &[], Spacing::default()).nodes.is_empty());
}

#[test]
fn a_plan_is_the_same_beside_the_page_and_broken_bytes_are_refused() {
    let group = |parent, nodes: &[u32], open| Nested {
        parent,
        depth: u32::from(parent.is_some()),
        nodes: nodes.to_vec(),
        open,
        ..Nested::default()
    };
    let whole = Nested {
        groups: vec![1, 2],
        ..group(None, &[4], true)
    };
    let task = Task {
        count: 5,
        edges: vec![(0, 1), (1, 2), (1, 3), (3, 4)],
        nest: Some(Nest {
            groups: vec![
                whole,
                group(Some(0), &[0, 1], true),
                group(Some(0), &[2, 3], false),
            ],
            of: vec![1, 1, 2, 2, 0],
        }),
    };
    let bytes = task.to_bytes().unwrap();
    let plan = Plan::from_bytes(&answer(&bytes).unwrap()).unwrap();
    assert_eq!(plan, task.plan());
    let items: Vec<Item> = plan.boxes.iter().map(|placed| placed.item).collect();
    for item in [Item::Node(0), Item::Node(1), Item::Group(2), Item::Node(4)] {
        assert!(items.contains(&item), "{items:?}");
    }
    assert_eq!(
        (items.len(), plan.lines.len(), plan.borders.len()),
        (4, 3, 1)
    );
    assert!(answer(&bytes[..bytes.len() - 1]).is_err());
    assert!(Plan::from_bytes(&[255; 12]).is_err());
}

/// The labels that a query finds, best first.
fn found(query: &str) -> Vec<String> {
    let index = catalog_index();
    let searcher = Searcher::new(&index);
    let label = |target| match target {
        Target::Node(position) => index.nodes[position as usize].label(),
        Target::Macro(position) => format!("macro {}", index.macros[position as usize].name),
        Target::Doc(position) => format!("doc {}", index.docs[position as usize].name),
        Target::Group(position) => format!("group {}", index.groups[position as usize].name),
    };
    searcher
        .search(query, 4)
        .into_iter()
        .map(|hit| label(hit.target))
        .collect()
}

#[test]
fn names_are_found_best_first() {
    assert_eq!(found("stg_orders"), ["stg_orders"]);
    assert_eq!(
        found("orders"),
        [
            "orders_history",
            "orders_are_joined",
            "fct_orders",
            "stg_orders"
        ]
    );
    assert_eq!(found("fct ord"), ["fct_orders"]);
    assert_eq!(found("raw.ord"), ["raw.orders"]);
    assert_eq!(found("FCT"), ["fct_orders"]);
    assert_eq!(found("money"), ["macro money"]);
    assert_eq!(found("zebra"), Vec::<String>::new());
    assert_eq!(found("  "), Vec::<String>::new());
}

#[test]
fn misspelt_and_shortened_names_are_found() {
    assert_eq!(found("custmers")[0], "stg_customers");
    assert_eq!(found("ordesr")[0], "fct_orders");
    assert_eq!(found("dimcust"), ["dim_customers.v1", "dim_customers.v2"]);
    assert_eq!(found("so"), ["stg_orders"]);
}

#[test]
fn columns_tags_and_owners_are_found() {
    let index = catalog_index();
    let hits = Searcher::new(&index).search("customer_id", 5);
    assert_eq!(hits[0].field, Field::Column);
    assert_eq!(hits[0].column.as_deref(), Some("customer_id"));
    assert_eq!(found("weekly"), ["sales_board"]);
    assert_eq!(found("ingest"), ["stg_orders", "stg_customers"]);
}

#[test]
fn descriptions_are_found_once_they_are_there() {
    let mut manifest = manifest();
    manifest.nodes["model.shop.stg_events"].description = "Clicks of\nvisitors,   cleaned.".into();
    let facts = Facts::new(&manifest, None, None, None);
    let index = index::from_facts(&facts);
    let texts = search_texts(&facts, &index);
    let texts: std::sync::Arc<SearchTexts> = std::sync::Arc::new(
        serde_json::from_str(&serde_json::to_string(&texts).expect("JSON")).expect("its own JSON"),
    );
    let mut searcher = Searcher::new(&index);
    assert!(searcher.search("visitors", 5).is_empty());
    searcher.add_texts(&index, &texts);
    let hits = searcher.search("clicks visitors", 5);
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].field, Field::Description);
    let mut other = index.clone();
    other.project.generated_at = "2030-01-01T00:00:00Z".into();
    let mut searcher = Searcher::new(&other);
    searcher.add_texts(&other, &texts);
    assert!(
        searcher.search("visitors", 5).is_empty(),
        "texts of another manifest do not fit"
    );
}

#[test]
fn sql_is_found_below_everything_else() {
    let mut manifest = manifest();
    let sql = "select event_id, Row_Number() over (partition by visitor) from {{ ref('stg_orders') }} where kind = 'churned'";
    manifest.nodes["model.shop.stg_events"].raw_code = sql.into();
    manifest.nodes["model.shop.fct_orders"].description = "Never row_number, nor churned.".into();
    let facts = Facts::new(&manifest, None, None, None);
    let index = index::from_facts(&facts);
    let texts = std::sync::Arc::new(search_texts(&facts, &index));
    let mut searcher = Searcher::new(&index);
    searcher.add_texts(&index, &texts);
    let found = |query: &str| -> Vec<(&str, Field)> {
        let hits = searcher.search(query, 9).into_iter();
        hits.filter_map(|hit| match hit.target {
            Target::Node(at) => Some((index.nodes[at as usize].name.as_str(), hit.field)),
            _ => None,
        })
        .collect()
    };
    assert_eq!(
        found("row_num"),
        [
            ("fct_orders", Field::Description),
            ("stg_events", Field::Sql)
        ]
    );
    assert_eq!(found("partition visitor"), [("stg_events", Field::Sql)]);
    assert_eq!(found("events churned"), [("stg_events", Field::Sql)]);
    // Another model that it reads is in its SQL; that model itself comes first.
    let orders = found("stg_orders");
    assert_eq!(orders.first(), Some(&("stg_orders", Field::Name)));
    assert!(orders.contains(&("stg_events", Field::Sql)));
    assert!(orders.is_sorted_by_key(|(_, field)| *field == Field::Sql));
    for none in ["select", "churnd", "ow_number", "over_"] {
        let in_sql = found(none).iter().any(|(_, field)| *field == Field::Sql);
        assert!(!in_sql, "{none}");
    }
    // Redacted SQL has no words.
    manifest.nodes["model.shop.stg_events"].raw_code = String::new();
    let facts = Facts::new(&manifest, None, None, None);
    let texts = serde_json::to_string(&search_texts(&facts, &index)).expect("JSON");
    assert!(!texts.contains("partition"));
}

#[test]
fn answers_can_be_kept_to_some_and_are_all_told() {
    let index = catalog_index();
    let searcher = Searcher::new(&index);
    let is_macro = |target: Target| matches!(target, Target::Macro(_));
    let answers = searcher.answers("o", 2, |target| !is_macro(target));
    assert_eq!(answers.hits.len(), 2);
    assert!(answers.all.len() > 2);
    assert!(answers.all.iter().any(|target| is_macro(*target)));
    assert!(!answers.hits.iter().any(|hit| is_macro(hit.target)));
}

#[test]
fn marks_show_what_matched() {
    let index = catalog_index();
    let searcher = Searcher::new(&index);
    let marks = |query: &str| searcher.search(query, 1)[0].marks.clone();
    assert_eq!(marks("fct"), [(0, 3)]);
    assert_eq!(marks("orders fct"), [(0, 3), (4, 10)]);
    assert_eq!(marks("fo"), [(0, 1), (4, 5)]);
}

/// The coloured stretches as `kind text` lines.
fn colours(sql: &str) -> Vec<String> {
    highlight(sql)
        .into_iter()
        .map(|part| format!("{} {}", part.kind.as_str(), &sql[part.start..part.end]))
        .collect()
}

#[test]
fn sql_with_jinja_is_coloured() {
    assert_eq!(
        colours(
            "select count(*), \"Odd\" from {{ ref('a') }} -- note\nwhere x > 1.5 and t = 'it''s'"
        ),
        [
            "keyword select",
            "function count",
            "name \"Odd\"",
            "keyword from",
            "jinja-mark {{",
            "function ref",
            "text 'a'",
            "jinja-mark }}",
            "comment -- note",
            "keyword where",
            "number 1.5",
            "keyword and",
            "text 'it''s'",
        ]
    );
    assert_eq!(
        colours("'{{ a }}{{ b }}--' then"),
        [
            "text '",
            "jinja-mark {{",
            "jinja-name a",
            "jinja-mark }}",
            "jinja-mark {{",
            "jinja-name b",
            "jinja-mark }}",
            "text --'",
            "keyword then",
        ]
    );
    assert_eq!(
        colours("{%- if is_incremental() and flags.X -%} {# why #} '{{ d }}' {% endif %}"),
        [
            "jinja-mark {%-",
            "jinja-keyword if",
            "function is_incremental",
            "jinja-keyword and",
            "jinja-name flags",
            "jinja-name X",
            "jinja-mark -%}",
            "comment {# why #}",
            "text '",
            "jinja-mark {{",
            "jinja-name d",
            "jinja-mark }}",
            "text '",
            "jinja-mark {%",
            "jinja-keyword endif",
            "jinja-mark %}",
        ]
    );
}

#[test]
fn colouring_takes_any_text() {
    for text in [
        "'open",
        "{{ open",
        "/* open",
        "{# open",
        "--",
        "é'ü\"ß{{'",
        "\"",
        "{{ 'a\\'b' }}",
        "1e",
        "$$",
        "{%",
    ] {
        let parts = highlight(text);
        assert!(
            parts.windows(2).all(|pair| pair[0].end <= pair[1].start),
            "{text}"
        );
        assert!(
            parts
                .iter()
                .all(|part| text.is_char_boundary(part.start) && text.is_char_boundary(part.end)),
            "{text}"
        );
    }
    assert_eq!(highlight("null")[0].kind, Kind::Keyword);
}

#[test]
fn hidden_nodes_are_marked_and_not_found() {
    let mut manifest = manifest();
    manifest.nodes["model.shop.stg_events"].docs.show = false;
    let index = index::build(&manifest, None, None, None);
    let events = node(&index, "model.shop.stg_events");
    assert!(events.hidden && events.kind == ResourceType::Model);
    let hits = Searcher::new(&index).search("stg_events", 3);
    assert!(
        hits.iter()
            .all(|hit| hit.target != Target::Node(0) || index.nodes[0].name != "stg_events")
    );
    assert!(
        !hits
            .iter()
            .any(|hit| matches!(hit.target, Target::Node(at) if index.nodes[at as usize].hidden))
    );
}

#[test]
fn functions_stand_between_what_they_read_and_what_calls_them() {
    let resource = |kind: &str, name: &str, parents: &[&str]| {
        json!({
            "unique_id": format!("{kind}.shop.{name}"), "name": name, "resource_type": kind, "package_name": "shop",
            "original_file_path": format!("{kind}s/{name}.sql"), "fqn": ["shop", name], "alias": name,
            "schema": "main", "relation_name": format!("\"main\".\"{name}\""),
            "depends_on": { "nodes": parents },
        })
    };
    let mut rate = resource("function", "rate", &["model.shop.rates"]);
    rate["arguments"] = json!([{"name": "day", "data_type": "date", "description": "when"}]);
    let manifest: Manifest = serde_json::from_value(json!({
        "metadata": { "project_name": "shop" },
        "nodes": {
            "model.shop.rates": resource("model", "rates", &[]),
            "model.shop.prices": resource("model", "prices", &["function.shop.rate"]),
        },
        "functions": { "function.shop.rate": rate },
    }))
    .expect("a manifest");
    let index = index::build(&manifest, None, None, None);
    let function = node(&index, "function.shop.rate");
    assert_eq!(function.kind, ResourceType::Function);
    assert_eq!(function.relation.as_deref(), Some("rate"));
    let named = |at: &u32| index.nodes[*at as usize].unique_id.as_str();
    let parents: Vec<&str> = function.parents.iter().map(named).collect();
    let children: Vec<&str> = function.children.iter().map(named).collect();
    assert_eq!(parents, ["model.shop.rates"]);
    assert_eq!(children, ["model.shop.prices"]);
    let facts = Facts::new(&manifest, None, None, None);
    let detail = index::detail_from_facts(&facts, "function.shop.rate").expect("its page");
    assert_eq!(detail.tables[0].rows[0][1].as_deref(), Some("date"));
    assert_eq!(detail.children[0].unique_id, "model.shop.prices");
    let rates = index::detail_from_facts(&facts, "model.shop.rates").expect("its page");
    assert_eq!(rates.children[0].unique_id, "function.shop.rate");
}

#[test]
fn a_group_has_an_owner_members_and_is_found() {
    let model = |name: &str, group: Option<&str>| {
        json!({ "unique_id": format!("model.shop.{name}"), "name": name, "resource_type": "model",
                "package_name": "shop", "group": group })
    };
    let manifest: Manifest = serde_json::from_value(json!({
        "metadata": { "project_name": "shop" },
        "nodes": { "model.shop.orders": model("orders", Some("finance")), "model.shop.other": model("other", None) },
        "groups": { "group.shop.finance": {
            "name": "finance", "package_name": "shop", "resource_type": "group", "original_file_path": "models/groups.yml",
            "owner": { "name": "Ada", "email": "ada@example.org" }, "description": "Money.",
        } },
        "metrics": { "metric.shop.revenue": {
            "name": "revenue", "resource_type": "metric", "package_name": "shop", "group": "finance",
            "depends_on": { "nodes": ["model.shop.orders"] },
        } },
    }))
    .expect("a manifest");
    let facts = Facts::new(&manifest, None, None, None);
    let group = index::detail_from_facts(&facts, "group.shop.finance").expect("its page");
    let members: Vec<&str> = group
        .children
        .iter()
        .map(|link| link.unique_id.as_str())
        .collect();
    assert_eq!(members, ["model.shop.orders", "metric.shop.revenue"]);
    assert_eq!(group.owner.map(|owner| owner.name).as_deref(), Some("Ada"));
    let orders = index::detail_from_facts(&facts, "model.shop.orders").expect("its page");
    assert_eq!(
        orders.group.expect("its group").unique_id,
        "group.shop.finance"
    );
    let revenue = index::detail_from_facts(&facts, "metric.shop.revenue").expect("its page");
    assert_eq!(revenue.parents[0].unique_id, "model.shop.orders");

    let index = index::build(&manifest, None, None, None);
    let again: CatalogIndex =
        serde_json::from_str(&serde_json::to_string(&index).expect("text")).expect("an index");
    assert_eq!(again.groups, index.groups);
    let searcher = Searcher::new(&index);
    assert_eq!(searcher.search("finance", 5)[0].target, Target::Group(0));
}
