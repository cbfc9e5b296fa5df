{#- DuckDB has macros for functions: an expression or a query that stands in for the call. Their arguments have no types
    in the storage format that database files have unless they ask for a newer one; what they return is cast. -#}
{% macro duckdb__scalar_function_sql(target_relation) -%}
  {%- set parts = [duckdb__scalar_macro(model.arguments, model.returns, model.compiled_code)] -%}
  {%- for overload in model.overloads -%}
    {%- do parts.append(duckdb__scalar_macro(overload.arguments, overload.returns or model.returns, overload.compiled_body)) -%}
  {%- endfor -%}
  create or replace macro {{ target_relation.render() }}{{ parts | join(', ') }};
{%- endmacro %}

{% macro duckdb__scalar_macro(arguments, returns, body) -%}
  ({{ duckdb__macro_arguments(arguments) }}) as cast((
  {{ duckdb__macro_body(body) }}
  ) as {{ returns.data_type }})
{%- endmacro %}


{#- An expression of aggregates over the arguments is an aggregate itself. -#}
{% macro duckdb__aggregate_function_sql(target_relation) -%}
  {{ scalar_function_sql(target_relation) }}
{%- endmacro %}


{#- Its columns are the query's own, so that `returns` says nothing here. -#}
{% macro duckdb__table_function_sql(target_relation) -%}
  {%- set parts = [duckdb__table_macro(model.arguments, model.compiled_code)] -%}
  {%- for overload in model.overloads -%}
    {%- do parts.append(duckdb__table_macro(overload.arguments, overload.compiled_body)) -%}
  {%- endfor -%}
  create or replace macro {{ target_relation.render() }}{{ parts | join(', ') }};
{%- endmacro %}

{% macro duckdb__table_macro(arguments, body) -%}
  ({{ duckdb__macro_arguments(arguments) }}) as table (
  {{ duckdb__macro_body(body) }}
  )
{%- endmacro %}


{% macro duckdb__formatted_scalar_function_args_sql() -%}
  {{ duckdb__macro_arguments(model.arguments) }}
{%- endmacro %}

{% macro duckdb__macro_arguments(arguments) -%}
  {%- set parts = [] -%}
  {%- for argument in arguments -%}
    {%- set default_value = argument.get('default_value') -%}
    {%- do parts.append(argument.name ~ ('' if default_value is none else ' := ' ~ default_value)) -%}
  {%- endfor -%}
  {{ parts | join(', ') }}
{%- endmacro %}


{#- The body without a semicolon at its end, which parentheses do not take. -#}
{% macro duckdb__macro_body(body) -%}
  {{ return(body.strip().rstrip(';')) }}
{%- endmacro %}


{#- A macro that is replaced loses all its signatures, so that they are made together. -#}
{% macro duckdb__makes_overloads_at_once() %}
  {{ return(true) }}
{% endmacro %}


{% macro duckdb__alter_relation_comment(relation, relation_comment) -%}
  {%- if relation.type == 'function' -%}
    {%- set kind = 'macro table' if model.config.get('type') == 'table' else 'macro' -%}
    comment on {{ kind }} {{ relation.render() }} is {{ comment_literal(relation_comment) }}
  {%- else -%}
    {{ default__alter_relation_comment(relation, relation_comment) }}
  {%- endif -%}
{%- endmacro %}
