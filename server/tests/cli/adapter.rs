//! What the adapter answers to macros that projects copy from dbt and change: as dbt 1.12 answers, warehouse by warehouse.

use crate::support::{Place, Project, check, on_each};

const ASKS: &str = r#"
{% macro tell(what) %}{{ print(what) }}{% endmacro %}

{% macro asks() %}
  {% do tell(adapter.render_raw_columns_constraints(raw_columns={
      'a': {'name': 'a', 'data_type': 'int', 'constraints': [
        {'type': 'not_null'}, {'type': 'check', 'expression': 'a > 1'}, {'type': 'check'},
        {'type': 'unique', 'name': 'n', 'expression': 'deferrable'}, {'type': 'primary_key'},
        {'type': 'foreign_key', 'expression': 'o (id)'}, {'type': 'custom', 'expression': 'collate x'}]},
      'b': {'name': 'b c', 'quote': true, 'data_type': 'text', 'constraints': []}})) %}
  {% do tell(adapter.render_raw_model_constraints(raw_constraints=[
      {'type': 'check', 'expression': 'a > b', 'name': 'n'}, {'type': 'not_null', 'columns': ['a']},
      {'type': 'unique', 'columns': ['a', 'b'], 'expression': 'deferrable'},
      {'type': 'primary_key', 'columns': ['a'], 'name': 'pk'},
      {'type': 'foreign_key', 'columns': ['a'], 'expression': 'o (id)'},
      {'type': 'custom', 'expression': 'x y'}])) %}
  {% set index = adapter.parse_index({'columns': ['a', 'b'], 'unique': true}) %}
  {% do tell([index.columns, index.unique, index.type is defined, index.render(this or 'r') | length, adapter.parse_index(none)]) %}
  {% do tell([adapter.get_hard_deletes_behavior({}), adapter.get_hard_deletes_behavior({'hard_deletes': 'new_record'}),
              adapter.get_hard_deletes_behavior({'invalidate_hard_deletes': true})]) %}
  {% do tell('loud' if adapter.behavior.enable_truthy_nulls_equals_macro else 'still') %}
  {% do tell(adapter.behavior.enable_truthy_nulls_equals_macro.no_warn) %}
  {% do tell([adapter.escape_sql_string("a'b"), adapter.disable_transactions(), adapter.quote_as_configured('a', 'b')]) %}
  {% do tell([context.keys() | select('in', ['asks', 'ref', 'dbt', 'shop', 'this']) | list, env.name, sql_now, column('a', 'b').name]) %}
  {% set t = run_query("select cast('a' as varchar(9)) as x, 2 as y, cast(1.25 as decimal(5, 2)) as z, true as b, date '2020-01-02' as d union all select 'b', null, 1234, null, null order by 1") %}
  {% do t.print_structure() %}
  {% do t.print_table() %}
  {% do t.print_csv() %}
  {% do t.print_json() %}
  {% for name in t.column_names %}{% do tell(name ~ ' ' ~ adapter.convert_type(t, loop.index0)) %}{% endfor %}
  {% do run_query('create table ' ~ target.schema ~ '.kept as select 1 as dbt_scd_id, 1 as dbt_valid_from, 1 as dbt_valid_to') %}
  {% set kept = api.Relation.create(database=target.database, schema=target.schema, identifier='kept') %}
  {% do tell(adapter.valid_snapshot_target(kept)) %}
  {% do tell(adapter.get_columns_in_table(target.schema, 'kept') | map(attribute='name') | join(',')) %}
  {% do adapter.assert_valid_snapshot_target_given_strategy(kept, none, {'hard_deletes': 'new_record'}) %}
{% endmacro %}
"#;

#[test]
fn macros_get_the_answers_that_they_get_from_dbt() {
    on_each(|place| {
        let project = Project::at(place).file("macros/asks.sql", ASKS);
        let name = match place {
            Place::DuckDb => "adapter-duckdb",
            Place::Postgres => "adapter-postgres",
        };
        check(name, &project.refract(&["run-operation", "asks"]));
    });
}

#[test]
fn an_index_that_is_none_is_told() {
    for (index, said) in [
        ("{'cols': ['a']}", "no 'cols'"),
        ("{'columns': 'a'}", "a list of names"),
        ("{'columns': ['a'], 'unique': 'yes'}", "true or false"),
        ("'a'", "a mapping, not str"),
        ("{}", "wants 'columns'"),
    ] {
        let call =
            format!("{{% macro asks() %}}{{% do adapter.parse_index({index}) %}}{{% endmacro %}}");
        let run = Project::new()
            .file("macros/asks.sql", &call)
            .refract(&["run-operation", "asks"]);
        assert_eq!(run.code(), 1, "{index}");
        assert!(run.whole().contains(said), "{index}: {}", run.whole());
    }
}

#[test]
fn python_models_are_compiled_and_not_run() {
    let project = Project::new()
        .file("models/base.sql", "select 1 as id\n")
        .file(
            "models/score.py",
            "def model(dbt, session):\n    dbt.config(materialized='table')\n    top = dbt.config.get('top', 3)\n    return dbt.ref('base')\n",
        );
    check(
        "python-compile",
        &project.refract(&["compile", "--select", "score"]),
    );
    check("python-build", &project.refract(&["build"]));
}

#[test]
fn a_setting_is_held_against_its_validator() {
    let model = |given: &str| {
        let sql = format!(
            "{{{{ config(kind='fine') }}}}select '{{{{ config.get('kind', default='x', validator=validation.any({given})) }}}}' as a,\n\
             '{{{{ config.require('kind', validator=validation.any({given})) }}}}' as b, '{{{{ config.get('none', validator=validation.any(1)) }}}}' as c\n"
        );
        Project::new()
            .file("models/kinds.sql", &sql)
            .refract(&["build"])
    };
    assert_eq!(model("'fine', 'coarse'").code(), 0);
    let refused = model("'coarse', 'rough'");
    assert_eq!(refused.code(), 1);
    let said = refused.whole();
    assert!(said.contains("'fine' is none of coarse, rough"), "{said}");
    assert!(said.contains("models/kinds.sql"), "{said}");
}
