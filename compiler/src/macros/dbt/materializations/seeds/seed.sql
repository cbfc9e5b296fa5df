{#- A table from a CSV file. A table that is there keeps its columns and gets the file's rows, unless it is refreshed. -#}
{% materialization seed, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set agate_table = load_agate_table() -%}
  {%- do store_result('agate_table', response='OK', agate_table=agate_table) -%}

  {%- if existing_relation is not none and existing_relation.is_view -%}
    {%- do exceptions.raise_compiler_error('cannot load the seed into ' ~ existing_relation.render() ~ ': it is a view') -%}
  {%- endif -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {%- set made_anew = full_refresh_mode or (existing_relation is not none and rebuilds_seed(existing_relation)) -%}
  {%- set dependents = remember_dependents(existing_relation if made_anew else none) -%}
  {%- if existing_relation is none -%}
    {%- set create_sql = create_csv_table(model, agate_table) -%}
  {%- else -%}
    {%- set create_sql = reset_csv_table(model, made_anew, existing_relation, agate_table) -%}
  {%- endif -%}
  {%- set insert_sql = load_csv_rows(model, agate_table) -%}
  {%- if existing_relation is none or made_anew -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- do restore_dependents(dependents, target_relation) -%}
  {%- set code = 'CREATE' if full_refresh_mode else 'INSERT' -%}
  {%- set rows_affected = agate_table.rows | length -%}
  {% call noop_statement('main', code ~ ' ' ~ rows_affected, code, rows_affected) -%}
    {{ get_csv_sql(create_sql, insert_sql) }}
  {%- endcall %}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
