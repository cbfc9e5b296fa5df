{#- Creates the seed's table, empty, and hands back the SQL. Types are guessed from the rows unless `column_types` names them. -#}
{% macro create_csv_table(model, agate_table) -%}
  {{ adapter.dispatch('create_csv_table', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
  {% set sql = seed_table_sql(model, agate_table) %}
  {% call statement('create_csv_table') -%}
    {{ sql }}
  {%- endcall %}
  {{ return(sql) }}
{% endmacro %}


{% macro seed_table_sql(model, agate_table) %}
  {%- set column_types = model['config'].get('column_types') or {} -%}
  {%- set quote_columns = model['config'].get('quote_columns') -%}
  create table {{ this.render() }} (
  {%- for name in agate_table.column_names %}
    {{ adapter.quote_seed_column(name | string, quote_columns) }} {{ column_types.get(name) or adapter.convert_type(agate_table, loop.index0) }}{{ ',' if not loop.last }}
  {%- endfor %}
  )
{% endmacro %}


{#- Whether loading makes the table anew even where nobody asked for it. -#}
{% macro rebuilds_seed(relation) -%}
  {{ return(adapter.dispatch('rebuilds_seed', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__rebuilds_seed(relation) -%}
  {{ return(false) }}
{%- endmacro %}


{#- Empties the table, or makes it anew where it is refreshed; both inside the transaction that the loading is part of. -#}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- if full_refresh -%}
    {% set sql %}
      {{ get_drop_sql(old_relation) }};
      {{ seed_table_sql(model, agate_table) }}
    {% endset %}
    {% call statement('create_csv_table') -%}
      {{ sql }}
    {%- endcall %}
    {{ return(sql) }}
  {%- endif -%}
  {%- do check_seed_columns(old_relation, agate_table) -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {{ return('truncate table ' ~ old_relation.render()) }}
{% endmacro %}


{#- A file whose columns have changed cannot go into the old table. -#}
{% macro check_seed_columns(relation, agate_table) %}
  {%- set present = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- do present.append(column.name | lower | trim) -%}
  {%- endfor -%}
  {#- PostgreSQL keeps 63 bytes of a name, less where a character would be cut. -#}
  {%- set clipped = [] -%}
  {%- for name in present if adapter.type() == 'postgres' and name.encode() | length >= 60 -%}
    {%- do clipped.append(name) -%}
  {%- endfor -%}
  {%- set missing = [] -%}
  {%- for name in agate_table.column_names -%}
    {#- Around a name that is not quoted, white space is none of it. -#}
    {%- set wanted = name | string | lower | trim -%}
    {%- set known = namespace(here=wanted in present) -%}
    {%- for start in clipped if wanted.startswith(start) -%}
      {%- set known.here = true -%}
    {%- endfor -%}
    {%- if not known.here -%}
      {%- do missing.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if missing | length > 0 -%}
    {%- do exceptions.raise_compiler_error(relation.render() ~ ' lacks columns that the file has: ' ~ missing | join(', ') ~ '; run the seed with --full-refresh') -%}
  {%- endif -%}
{% endmacro %}


{#- What target/run shows of a seed. -#}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}
{% endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ create_or_truncate_sql }};
  -- rows of the file
  {{ insert_sql }}
{% endmacro %}


{% macro get_seed_column_quoted_csv(model, column_names) %}
  {%- set quote_columns = model['config'].get('quote_columns') -%}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote_seed_column(name | string, quote_columns)) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{% endmacro %}


{#- Puts the file's rows into the table, through the warehouse's own way of loading, and hands back SQL that says so. -#}
{% macro load_csv_rows(model, agate_table) -%}
  {{ adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__load_csv_rows(model, agate_table, verbatim=false) %}
  {%- set quote_columns = model['config'].get('quote_columns') -%}
  {%- set columns = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do columns.append(adapter.quote_seed_column(name | string, quote_columns)) -%}
  {%- endfor -%}
  {%- do adapter.load_seed_rows(this, agate_table, columns, verbatim) -%}
  {{ return('-- insert into ' ~ this.render() ~ ' (' ~ columns | join(', ') ~ '): ' ~ agate_table.rows | length ~ ' rows') }}
{% endmacro %}
