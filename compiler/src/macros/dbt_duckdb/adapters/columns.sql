{% macro duckdb__get_columns_in_relation(relation) -%}
  {% call statement('get_columns_in_relation', fetch_result=true, auto_begin=false) -%}
    select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
    from duckdb_columns()
    where lower(table_name) = lower('{{ escape_single_quotes(relation.identifier) }}')
    {%- if relation.schema %}
      and lower(schema_name) = lower('{{ escape_single_quotes(relation.schema) }}')
    {%- endif %}
    {%- if relation.database %}
      and lower(database_name) = lower('{{ escape_single_quotes(relation.database) }}')
    {%- endif %}
    order by column_index
  {%- endcall %}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}


{#- One change a statement: DuckDB takes no lists. Indexes, which would forbid the change, are made again after it.
    Names are quoted as the project's `quoting` says of identifiers. -#}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) -%}
  {%- set indexes = drop_indexes_on_relation(relation) -%}
  {% call statement('alter_relation_add_remove_columns') -%}
    {%- for column in add_columns or [] %}
    alter table {{ relation.render() }} add column {{ adapter.quote_as_configured(column.name, 'identifier') }} {{ column.data_type }};
    {%- endfor %}
    {%- for column in remove_columns or [] %}
    alter table {{ relation.render() }} drop column {{ adapter.quote_as_configured(column.name, 'identifier') }};
    {%- endfor %}
  {%- endcall %}
  {%- do restore_indexes(indexes) -%}
{%- endmacro %}


{% macro duckdb__alter_column_type(relation, column_name, new_column_type) -%}
  {%- set indexes = drop_indexes_on_relation(relation) -%}
  {%- set column = adapter.quote(column_name) -%}
  {% call statement('alter_column_type') -%}
    alter table {{ relation.render() }} alter column {{ column }} set data type {{ new_column_type }} using cast({{ column }} as {{ new_column_type }})
  {%- endcall %}
  {%- do restore_indexes(indexes) -%}
{%- endmacro %}
