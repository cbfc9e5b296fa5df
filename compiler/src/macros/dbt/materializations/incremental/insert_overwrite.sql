{#- Replaces the partitions that the new rows fall into and leaves all others alone. `partition_by` is a column, a list of
    columns, or {field, data_type, granularity}, where rows of one day, month, … make a partition. -#}
{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{ adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(target, source, dest_columns, predicates, include_sql_header) }}
{%- endmacro %}

{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
  {%- set partitions = partition_expressions() -%}
  {{ (config.get('sql_header') or '') if include_sql_header else '' }}
  delete from {{ target }} as DBT_INTERNAL_DEST
  where exists (
    select 1
    from (
      select distinct
      {%- for partition in partitions %}
        {{ partition | replace('@', 'new_rows.') }} as partition_{{ loop.index }}{{ ',' if not loop.last }}
      {%- endfor %}
      from {{ source }} as new_rows
    ) as DBT_INTERNAL_SOURCE
    where
    {%- for partition in partitions %}
      {{ 'and ' if not loop.first }}DBT_INTERNAL_SOURCE.partition_{{ loop.index }} is not distinct from {{ partition | replace('@', 'DBT_INTERNAL_DEST.') }}
    {%- endfor %}
  )
  {%- for predicate in predicates or [] %}
    and {{ predicate }}
  {%- endfor %};
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}


{#- The expressions that tell partitions apart, with `@` where the table's alias goes. -#}
{% macro partition_expressions() %}
  {%- set partition_by = config.get('partition_by') -%}
  {%- if not partition_by -%}
    {%- do exceptions.raise_compiler_error("the strategy insert_overwrite needs partition_by: a column, a list of columns, or {field, data_type, granularity}") -%}
  {%- endif -%}
  {%- set expressions = [] -%}
  {%- for part in ([partition_by] if partition_by is string or partition_by is mapping else partition_by) -%}
    {%- if part is mapping -%}
      {%- set granularity = part.get('granularity') -%}
      {%- set type = (part.get('data_type') or 'date') | lower -%}
      {%- if granularity and (type.startswith('timestamp') or type.startswith('date')) -%}
        {%- do expressions.append(date_trunc(granularity, '@' ~ part['field']) | trim) -%}
      {%- else -%}
        {%- do expressions.append('@' ~ part['field']) -%}
      {%- endif -%}
    {%- else -%}
      {%- do expressions.append('@' ~ part) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(expressions) }}
{% endmacro %}
