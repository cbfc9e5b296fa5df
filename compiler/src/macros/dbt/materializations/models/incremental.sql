{#- A table that grows: built whole at first, changed afterwards by what the query gives. -#}
{% materialization incremental, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set full_refresh_mode = should_full_refresh() -%}
  {%- set from_nothing = existing_relation is none or full_refresh_mode or not existing_relation.is_table -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
  {%- set strategy = config.get('incremental_strategy') or 'default' -%}
  {%- set get_strategy_sql = adapter.get_incremental_strategy_macro(context, strategy) -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {% do before_build(target_relation) %}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {%- if from_nothing -%}
    {% do build_table(target_relation, existing_relation, sql) %}
  {%- else -%}
    {%- set temp_relation = make_temp_relation(target_relation) -%}
    {% call statement('create_temp_relation') -%}
      {{ get_create_table_as_sql(true, temp_relation, sql) }}
    {%- endcall %}
    {%- set contract = config.get('contract') -%}
    {%- if not contract or not contract.enforced -%}
      {% do adapter.expand_target_column_types(from_relation=temp_relation, to_relation=target_relation) %}
    {%- endif -%}
    {%- set new_columns = process_schema_changes(on_schema_change, temp_relation, existing_relation) -%}
    {%- set strategy_arguments = {
        'target_relation': target_relation,
        'temp_relation': temp_relation,
        'unique_key': config.get('unique_key'),
        'dest_columns': new_columns or adapter.get_columns_in_relation(existing_relation),
        'incremental_predicates': config.get('predicates') or config.get('incremental_predicates')
    } -%}
    {% call statement('main') -%}
      {{ get_strategy_sql(strategy_arguments) }}
    {%- endcall %}
    {% do adapter.drop_relation(temp_relation) %}
  {%- endif -%}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=from_nothing)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Inside an incremental model: whether this run only adds to a table that is there. -#}
{% macro is_incremental() %}
  {% if not execute %}
    {{ return(false) }}
  {% endif %}
  {% set relation = adapter.get_relation(this.database, this.schema, this.table) %}
  {{ return(
      relation is not none
      and relation.type == 'table'
      and model.config.materialized == 'incremental'
      and not should_full_refresh()
  ) }}
{% endmacro %}
