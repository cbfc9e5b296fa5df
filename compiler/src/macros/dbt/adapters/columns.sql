{#- The columns of a relation, in order; empty where there is no such relation. -#}
{% macro get_columns_in_relation(relation) -%}
  {{ return(adapter.dispatch('get_columns_in_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_columns_in_relation(relation) -%}
  {% do exceptions.raise_compiler_error('get_columns_in_relation is not written for ' ~ adapter.type()) %}
{%- endmacro %}


{#- Rows of name, type, character size, precision and scale as column objects. -#}
{% macro sql_convert_columns_in_relation(table) -%}
  {% set columns = [] %}
  {% for row in table.rows %}
    {% do columns.append(api.Column(row[0], row[1], row[2], row[3], row[4])) %}
  {% endfor %}
  {{ return(columns) }}
{%- endmacro %}


{% macro get_list_of_column_names(columns) %}
  {% set names = [] %}
  {% for column in columns %}
    {% do names.append(column.name) %}
  {% endfor %}
  {{ return(names) }}
{% endmacro %}


{#- A query of the same columns as `select_sql` that reads no rows. -#}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}
{%- endmacro %}

{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {{ select_sql_header if select_sql_header is not none else '' }}
  select * from (
  {{ select_sql }}
  ) as __dbt_sbq
  where false
  limit 0
{% endmacro %}


{#- A query without rows whose columns are those that a contract lists. -#}
{% macro get_empty_schema_sql(columns) -%}
  {{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) %}
  {%- set untyped = [] -%}
  select
  {% for name in columns %}
    {%- set column = columns[name] -%}
    {%- if not column['data_type'] -%}{%- do untyped.append(column['name']) -%}{%- endif %}
    cast(null as {{ column['data_type'] }}) as {{ adapter.quote(column['name']) if column.get('quote') else column['name'] }}{{ ', ' if not loop.last }}
  {%- endfor %}
  {%- if untyped | length > 0 -%}
    {%- do exceptions.raise_compiler_error('an enforced contract needs the data_type of every column; missing for: ' ~ untyped | join(', ')) -%}
  {%- endif %}
{% endmacro %}


{#- The columns, as column objects, that a query would give. -#}
{% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
  {% set columns = adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header)) %}
  {{ return(columns) }}
{%- endmacro %}


{#- The names of the columns that a query would give. -#}
{% macro get_columns_in_query(select_sql) -%}
  {{ return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) }}
{%- endmacro %}

{% macro default__get_columns_in_query(select_sql) %}
  {% call statement('get_columns_in_query', fetch_result=true, auto_begin=false) -%}
    {{ get_empty_subquery_sql(select_sql) }}
  {%- endcall %}
  {{ return(load_result('get_columns_in_query').table.columns | map(attribute='name') | list) }}
{% endmacro %}


{% macro alter_column_type(relation, column_name, new_column_type) -%}
  {{ return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) }}
{%- endmacro %}

{% macro default__alter_column_type(relation, column_name, new_column_type) -%}
  {%- set column = adapter.quote(column_name) -%}
  {% call statement('alter_column_type') %}
    alter table {{ relation.render() }}
    alter column {{ column }} type {{ new_column_type }} using cast({{ column }} as {{ new_column_type }})
  {% endcall %}
{%- endmacro %}


{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) -%}
  {{ return(adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns)) }}
{%- endmacro %}

{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
  {%- set changes = [] -%}
  {%- for column in add_columns or [] -%}
    {%- do changes.append('add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do changes.append('drop column ' ~ column.quoted) -%}
  {%- endfor -%}
  {%- if changes | length > 0 -%}
    {% call statement('alter_relation_add_remove_columns') %}
      alter {{ relation.type or 'table' }} {{ relation.render() }} {{ changes | join(', ') }}
    {% endcall %}
  {%- endif -%}
{%- endmacro %}
