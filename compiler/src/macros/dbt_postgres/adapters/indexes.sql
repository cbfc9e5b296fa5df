{% macro postgres__get_create_index_sql(relation, index_dict) -%}
  {%- set columns = [index_dict['columns']] if index_dict['columns'] is string else index_dict['columns'] -%}
  create {{ 'unique ' if index_dict.get('unique') }}index if not exists "{{ index_name(relation, index_dict) }}"
  on {{ relation.render() }} {{ 'using ' ~ index_dict.get('type') ~ ' ' if index_dict.get('type') }}({{ columns | join(', ') }})
{%- endmacro %}


{% macro postgres__get_drop_index_sql(relation, index_name) -%}
  drop index if exists {{ adapter.quote(relation.schema) }}.{{ adapter.quote(index_name) }}
{%- endmacro %}


{% macro postgres__get_show_indexes_sql(relation) %}
  select
    i.relname as name,
    m.amname as method,
    x.indisunique as "unique",
    array_to_string(array_agg(a.attname order by array_position(x.indkey, a.attnum)), ',') as column_names
  from pg_catalog.pg_index as x
  inner join pg_catalog.pg_class as i on i.oid = x.indexrelid
  inner join pg_catalog.pg_am as m on m.oid = i.relam
  inner join pg_catalog.pg_class as t on t.oid = x.indrelid
  inner join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
  inner join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = any(x.indkey)
  where t.relname = '{{ escape_single_quotes(relation.identifier) }}'
    and n.nspname = '{{ escape_single_quotes(relation.schema) }}'
  group by 1, 2, 3
  order by 1
{% endmacro %}
