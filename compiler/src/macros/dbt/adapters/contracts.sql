{#- Compares what a query gives with what the contract says; an error shows both side by side where they differ.
    Renders to nothing. -#}
{% macro get_assert_columns_equivalent(sql) -%}
  {{ adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql) }}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}


{% macro assert_columns_equivalent(sql) %}
  {%- set promised = format_columns(get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
  {%- set given = format_columns(get_column_schema_from_query(sql, config.get('sql_header'))) -%}
  {%- set types = {} -%}
  {%- for column in given -%}
    {%- do types.update({column.name | lower: column.data_type | lower}) -%}
  {%- endfor -%}
  {%- set same = namespace(all=promised | length == given | length) -%}
  {%- for column in promised -%}
    {%- if types.get(column.name | lower) != column.data_type | lower -%}
      {%- set same.all = false -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not same.all -%}
    {%- do exceptions.raise_contract_error(promised, given) -%}
  {%- endif -%}
{% endmacro %}


{#- Columns as `{name, data_type, formatted}`, which is how contracts are compared. -#}
{% macro format_columns(columns) %}
  {%- set formatted = [] -%}
  {%- for column in columns -%}
    {%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {{ return(formatted) }}
{% endmacro %}

{% macro default__format_column(column) -%}
  {%- set data_type = column.dtype | string -%}
  {{ return({'name': column.name, 'data_type': data_type, 'formatted': column.name ~ ' ' ~ data_type}) }}
{%- endmacro %}


{#- The contract's columns as a list for INSERT and SELECT. -#}
{% macro contract_column_names() -%}
  {%- for name in model['columns'] -%}
    {{ contract_column_name(model['columns'][name]) }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}


{% macro contract_column_name(column) -%}
  {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}
{%- endmacro %}


{#- The part of CREATE TABLE in parentheses: columns with types and constraints, then the table's constraints. -#}
{% macro get_table_columns_and_constraints() -%}
  {{ adapter.dispatch('get_table_columns_and_constraints', 'dbt')() }}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  {{ return(table_columns_and_constraints()) }}
{%- endmacro %}


{% macro table_columns_and_constraints() %}
  {%- set parts = [] -%}
  {%- for name in model['columns'] -%}
    {%- set column = model['columns'][name] -%}
    {%- set words = [contract_column_name(column), column['data_type']] -%}
    {%- for constraint in column.get('constraints') or [] -%}
      {%- do words.append(column_constraint(constraint)) -%}
    {%- endfor -%}
    {%- do parts.append(words | join(' ')) -%}
  {%- endfor -%}
  {%- for constraint in model.get('constraints') or [] -%}
    {%- do parts.append(table_constraint(constraint)) -%}
  {%- endfor -%}
  {{ return('(\n    ' ~ parts | join(',\n    ') ~ '\n  )') }}
{% endmacro %}


{#- A column's constraint as it stands behind the type. -#}
{% macro column_constraint(constraint) -%}
  {%- set kind = constraint_kind(constraint) -%}
  {%- set expression = constraint.get('expression') or '' -%}
  {%- set name = 'constraint ' ~ constraint.get('name') ~ ' ' if constraint.get('name') else '' -%}
  {%- if kind == 'check' -%}
    {{ return(name ~ 'check (' ~ expression ~ ')') }}
  {%- elif kind == 'not_null' -%}
    {{ return((name ~ 'not null ' ~ expression) | trim) }}
  {%- elif kind == 'unique' -%}
    {{ return((name ~ 'unique ' ~ expression) | trim) }}
  {%- elif kind == 'primary_key' -%}
    {{ return((name ~ 'primary key ' ~ expression) | trim) }}
  {%- elif kind == 'foreign_key' -%}
    {{ return(name ~ 'references ' ~ foreign_key_target(constraint)) }}
  {%- endif -%}
  {{ return(name ~ expression) }}
{%- endmacro %}


{#- A constraint over several columns. -#}
{% macro table_constraint(constraint) -%}
  {%- set kind = constraint_kind(constraint) -%}
  {%- set expression = constraint.get('expression') or '' -%}
  {%- set name = 'constraint ' ~ constraint.get('name') ~ ' ' if constraint.get('name') else '' -%}
  {%- set columns = (constraint.get('columns') or []) | join(', ') -%}
  {%- if kind == 'check' -%}
    {{ return(name ~ 'check (' ~ expression ~ ')') }}
  {%- elif kind == 'unique' -%}
    {{ return((name ~ 'unique (' ~ columns ~ ') ' ~ expression) | trim) }}
  {%- elif kind == 'primary_key' -%}
    {{ return((name ~ 'primary key (' ~ columns ~ ') ' ~ expression) | trim) }}
  {%- elif kind == 'foreign_key' -%}
    {{ return(name ~ 'foreign key (' ~ columns ~ ') references ' ~ foreign_key_target(constraint)) }}
  {%- endif -%}
  {{ return(name ~ expression) }}
{%- endmacro %}


{% macro constraint_kind(constraint) -%}
  {%- set kind = constraint['type'] -%}
  {%- if kind not in ['check', 'not_null', 'unique', 'primary_key', 'foreign_key', 'custom'] -%}
    {%- do exceptions.raise_compiler_error("a constraint's type is one of check, not_null, unique, primary_key, foreign_key and custom, not '" ~ kind ~ "'") -%}
  {%- endif -%}
  {{ return(kind) }}
{%- endmacro %}


{#- `to (columns)`, or whatever `expression` says. -#}
{% macro foreign_key_target(constraint) -%}
  {%- if constraint.get('to') and constraint.get('to_columns') -%}
    {%- set relation = adapter.dispatch('foreign_key_relation', 'dbt')(constraint.get('to')) -%}
    {{ return(relation ~ ' (' ~ constraint.get('to_columns') | join(', ') ~ ')') }}
  {%- endif -%}
  {{ return(constraint.get('expression') or '') }}
{%- endmacro %}

{#- The relation that a foreign key points at, as its statement names it. -#}
{% macro default__foreign_key_relation(to) -%}
  {{ return(to) }}
{%- endmacro %}
