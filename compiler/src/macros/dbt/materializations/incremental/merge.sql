{#- MERGE by the unique key. In predicates the table is called DBT_INTERNAL_DEST, the new rows DBT_INTERNAL_SOURCE. -#}
{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {{ adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates) }}
{%- endmacro %}

{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set conditions = [] -%}
  {%- for predicate in incremental_predicates or [] -%}
    {%- do conditions.append('(' ~ predicate ~ ')') -%}
  {%- endfor -%}
  {%- if unique_key -%}
    {%- for key in ([unique_key] if unique_key is string else unique_key) -%}
      {%- do conditions.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key) | trim) -%}
    {%- endfor -%}
  {%- else -%}
    {%- do conditions.append('FALSE') -%}
  {%- endif -%}
  {%- set names = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {{ config.get('sql_header') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on {{ conditions | join('\n    and ') }}
  {%- if unique_key %}
  when matched{{ merge_condition('merge_update_condition') }} then update set
    {{ merge_assignments(
        dest_columns, config.get('merge_update_set_expressions'),
        config.get('merge_update_columns'), config.get('merge_exclude_columns')
    ) }}
  {%- endif %}
  when not matched{{ merge_condition('merge_insert_condition') }} then insert ({{ names }})
  values ({% for column in dest_columns %}DBT_INTERNAL_SOURCE.{{ column.quoted }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{#- How two key columns are compared. -#}
{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key) }}
{%- endmacro %}

{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ source_unique_key }} = {{ target_unique_key }}
{%- endmacro %}


{#- What a merge writes to a row that is there: an expression where the column has one, else the new row's value. -#}
{% macro merge_assignments(dest_columns, expressions=none, include=none, exclude=none) -%}
  {%- set expressions = expressions or {} -%}
  {%- set assignments = [] -%}
  {%- for name in expressions -%}
    {%- do assignments.append(name ~ ' = ' ~ expressions[name]) -%}
  {%- endfor -%}
  {%- for name in get_merge_update_columns(include, exclude, dest_columns) -%}
    {%- if name | replace('"', '') not in expressions -%}
      {%- do assignments.append(name ~ ' = DBT_INTERNAL_SOURCE.' ~ name) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(assignments | join(',\n    ')) }}
{%- endmacro %}


{#- A further condition of a WHEN clause, from a config of that name. -#}
{% macro merge_condition(config_name) -%}
  {%- set condition = config.get(config_name) -%}
  {{ return(' and (' ~ condition ~ ')' if condition else '') }}
{%- endmacro %}
