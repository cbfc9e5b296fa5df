{#- Ends the versions that end and adds those that begin. -#}
{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = get_snapshot_table_column_names() -%}
  {%- set names = insert_cols | join(', ') %}
  update {{ target.render() }} as DBT_INTERNAL_DEST
  set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  from {{ source.render() }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ columns.dbt_scd_id }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    and {{ is_current_version('DBT_INTERNAL_DEST.') }};
  insert into {{ target.render() }} ({{ names }})
  select {{ names }}
  from {{ source.render() }}
  where dbt_change_type = 'insert'
{%- endmacro %}
