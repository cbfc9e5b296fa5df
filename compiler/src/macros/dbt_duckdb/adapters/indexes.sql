{#- A table may have the same index twice, and two of one name cannot be. -#}
{% macro duckdb__create_indexes(relation) -%}
  {%- set made = [] -%}
  {%- for index_dict in config.get('indexes', default=[]) or [] -%}
    {%- set sql = get_create_index_sql(relation, index_dict) | trim -%}
    {%- if sql in made -%}
      {%- set sql = sql | replace('index "', 'index "' ~ loop.index ~ '_', 1) -%}
    {%- endif -%}
    {%- if sql -%}
      {%- do made.append(sql) -%}
      {%- do run_query(sql) -%}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}


{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set columns = index_dict['columns'] -%}
  {%- set columns = [columns] if columns is string else columns -%}
  create {{ 'unique ' if index_dict.get('unique') }}index "{{ index_name(relation, index_dict) }}"
  on {{ relation.render() }} ({{ columns | join(', ') }})
{%- endmacro %}


{#- Drops a table's indexes and hands back the SQL that makes each again. -#}
{% macro drop_indexes_on_relation(relation) -%}
  {%- set found = run_query(
      "select schema_name, index_name, sql from duckdb_indexes()"
      ~ " where lower(database_name) = lower('" ~ escape_single_quotes(relation.database) ~ "')"
      ~ " and lower(schema_name) = lower('" ~ escape_single_quotes(relation.schema) ~ "')"
      ~ " and lower(table_name) = lower('" ~ escape_single_quotes(relation.identifier) ~ "')"
  ) -%}
  {%- set again = [] -%}
  {%- for row in found.rows -%}
    {%- do again.append(row[2]) -%}
    {%- do run_query('drop index ' ~ adapter.quote(relation.database) ~ '.' ~ adapter.quote(row[0]) ~ '.' ~ adapter.quote(row[1])) -%}
  {%- endfor -%}
  {{ return(again) }}
{%- endmacro %}


{% macro restore_indexes(statements) -%}
  {%- for sql in statements -%}
    {%- do run_query(sql) -%}
  {%- endfor -%}
{%- endmacro %}


{#- Inside one transaction a unique index still refuses rows that were deleted and come back. -#}
{% macro duckdb__rebuilds_seed(relation) -%}
  {{ return((config.get('indexes') or []) | length > 0) }}
{%- endmacro %}
