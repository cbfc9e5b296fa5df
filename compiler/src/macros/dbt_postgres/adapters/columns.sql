{#- From the catalog itself, which knows materialized views and temporary tables too. -#}
{% macro postgres__get_columns_in_relation(relation) -%}
  {% call statement('get_columns_in_relation', fetch_result=true, auto_begin=false) -%}
    select
      a.attname as column_name,
      pg_catalog.format_type(a.atttypid, null) as data_type,
      information_schema._pg_char_max_length(a.atttypid, a.atttypmod) as character_maximum_length,
      information_schema._pg_numeric_precision(a.atttypid, a.atttypmod) as numeric_precision,
      information_schema._pg_numeric_scale(a.atttypid, a.atttypmod) as numeric_scale
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on c.oid = a.attrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where a.attnum > 0
      and not a.attisdropped
      and c.relname = '{{ escape_single_quotes(relation.identifier) }}'
    {%- if relation.schema %}
      and n.nspname = '{{ escape_single_quotes(relation.schema) }}'
    {%- else %}
      and n.oid = pg_catalog.pg_my_temp_schema()
    {%- endif %}
    order by a.attnum
  {%- endcall %}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{%- endmacro %}
