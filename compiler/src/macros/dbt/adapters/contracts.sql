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
  {%- set parts = adapter.render_raw_columns_constraints(raw_columns=model['columns'])
      + adapter.render_raw_model_constraints(raw_constraints=model['constraints'] or []) -%}
  {{ return('(\n    ' ~ parts | join(',\n    ') ~ '\n  )') }}
{% endmacro %}


{#- Columns as CREATE TABLE takes them: name, type, constraints. As with dbt, a column's constraint has no name. -#}
{% macro render_raw_columns_constraints(raw_columns) %}
  {%- set parts = [] -%}
  {%- for column in raw_columns.values() -%}
    {%- set words = [contract_column_name(column), column['data_type']] -%}
    {%- for constraint in column.get('constraints') or [] -%}
      {%- do words.append(column_constraint(constraint)) -%}
    {%- endfor -%}
    {%- do parts.append(words | select | join(' ')) -%}
  {%- endfor -%}
  {{ return(parts) }}
{% endmacro %}


{#- A table's constraints as CREATE TABLE takes them, without those that a table does not have. -#}
{% macro render_raw_model_constraints(raw_constraints) %}
  {%- set parts = [] -%}
  {%- for constraint in raw_constraints -%}
    {%- do parts.append(table_constraint(constraint)) -%}
  {%- endfor -%}
  {{ return(parts | select | list) }}
{% endmacro %}


{#- A column's constraint as it stands behind the type; nothing where it says nothing. -#}
{% macro column_constraint(constraint) -%}
  {%- set kind = constraint_kind(constraint) -%}
  {%- set expression = constraint.get('expression') or '' -%}
  {%- if kind == 'check' -%}
    {{ return('check (' ~ expression ~ ')' if expression else '') }}
  {%- elif kind == 'foreign_key' -%}
    {%- set to = foreign_key_target(constraint) -%}
    {{ return('references ' ~ to if to else '') }}
  {%- elif kind == 'custom' -%}
    {{ return(expression) }}
  {%- endif -%}
  {{ return((kind | replace('_', ' ') ~ ' ' ~ expression) | trim) }}
{%- endmacro %}


{#- A constraint over several columns; nothing where it says nothing. -#}
{% macro table_constraint(constraint) -%}
  {%- set kind = constraint_kind(constraint) -%}
  {%- set expression = constraint.get('expression') or '' -%}
  {%- set columns = '(' ~ (constraint.get('columns') or []) | join(', ') ~ ')' -%}
  {%- set body = '' -%}
  {%- if kind == 'check' -%}
    {%- set body = 'check (' ~ expression ~ ')' if expression -%}
  {%- elif kind in ['unique', 'primary_key'] -%}
    {%- set body = [kind | replace('_', ' '), expression, columns] | select | join(' ') -%}
  {%- elif kind == 'foreign_key' -%}
    {%- set to = foreign_key_target(constraint) -%}
    {%- set body = 'foreign key ' ~ columns ~ ' references ' ~ to if to -%}
  {%- elif kind == 'custom' -%}
    {%- set body = expression -%}
  {%- endif -%}
  {%- set name = 'constraint ' ~ constraint.get('name') ~ ' ' if constraint.get('name') else '' -%}
  {{ return(name ~ body if body else '') }}
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
