{#- The database's name may come quoted. -#}
{% macro duckdb__list_schemas(database) -%}
  {% set sql %}
    select schema_name
    from duckdb_schemas()
    where lower(database_name) = lower('{{ escape_single_quotes(database | replace('"', '')) }}')
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}


{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {% set sql %}
    select count(*)
    from duckdb_schemas()
    where lower(database_name) = lower('{{ escape_single_quotes(information_schema.database) }}')
      and lower(schema_name) = lower('{{ escape_single_quotes(schema) }}')
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}


{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=true, auto_begin=false) -%}
    with relations as (
      select database_name as database, table_name as name, schema_name as schema, 'table' as type from duckdb_tables()
      union all
      select database_name, view_name, schema_name, 'view' from duckdb_views()
    )
    select *
    from relations
    where lower(schema) = lower('{{ escape_single_quotes(schema_relation.schema) }}')
    {%- if schema_relation.database %}
      and lower(database) = lower('{{ escape_single_quotes(schema_relation.database) }}')
    {%- endif %}
  {%- endcall %}
  {{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}


{% macro duckdb__get_catalog(information_schema, schemas) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append("lower(r.table_schema) = lower('" ~ escape_single_quotes(schema) ~ "')") -%}
  {%- endfor -%}
  {{ return(run_query(duckdb_catalog_sql(information_schema.database, conditions))) }}
{%- endmacro %}


{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
  {%- set conditions = [] -%}
  {%- for relation in relations -%}
    {%- set condition = "lower(r.table_schema) = lower('" ~ escape_single_quotes(relation.schema) ~ "')" -%}
    {%- if relation.identifier -%}
      {%- set condition = condition ~ " and lower(r.table_name) = lower('" ~ escape_single_quotes(relation.identifier) ~ "')" -%}
    {%- endif -%}
    {%- do conditions.append('(' ~ condition ~ ')') -%}
  {%- endfor -%}
  {{ return(run_query(duckdb_catalog_sql(information_schema.database, conditions))) }}
{%- endmacro %}


{#- The tables for which one of the conditions holds and that are in a file of DuckDB's own. `pragma_storage_info` finds none with a double quote in its name. -#}
{% macro duckdb_stored_tables(database, conditions) %}
  select r.table_schema, r.table_name
  from (
    select database_name as table_database, schema_name as table_schema, table_name
    from duckdb_tables()
    where not internal and not temporary and not contains(concat(database_name, schema_name, table_name), '"')
  ) as r
  inner join duckdb_databases() as d
    on d.database_name = r.table_database
    and d.type = 'duckdb'
    and d.path is not null
  where ({{ conditions | join(' or ') if conditions else 'true' }})
    and lower(r.table_database) = lower('{{ escape_single_quotes(database) }}')
{% endmacro %}


{#- Bytes of the blocks that each table's columns are in. DuckDB tells them by a table's name alone; one statement asks for all, in groups, since the time of a single long union grows with the square of its length. -#}
{% macro duckdb_sizes_sql(database, tables) %}
  {%- for group in tables | batch(100) %}
  select table_schema, table_name, count(distinct block) as blocks
  from (
    select table_schema, table_name, unnest(list_append(additional_block_ids, block_id)) as block
    from (
      {%- for table in group %}
      {%- set name = adapter.quote(database) ~ '.' ~ adapter.quote(table['table_schema']) ~ '.' ~ adapter.quote(table['table_name']) %}
      select
        '{{ escape_single_quotes(table['table_schema']) }}' as table_schema,
        '{{ escape_single_quotes(table['table_name']) }}' as table_name,
        block_id,
        additional_block_ids
      from pragma_storage_info('{{ escape_single_quotes(name) }}')
      where persistent
      {{- ' union all' if not loop.last }}
      {%- endfor %}
    )
  )
  where block >= 0
  group by all
  {{- ' union all' if not loop.last }}
  {%- endfor %}
{% endmacro %}


{#- A row for each column of each relation for which one of the conditions holds. The names of statistics are dbt's for adapters that have some. -#}
{% macro duckdb_catalog_sql(database, conditions) %}
  {%- set tables = run_query(duckdb_stored_tables(database, conditions)).rows if database else [] %}
  with relations as (
    select database_name as table_database, schema_name as table_schema, table_name, 'BASE TABLE' as table_type, comment as table_comment, estimated_size as num_rows
    from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', comment, null
    from duckdb_views()
  )
  select
    r.table_database,
    r.table_schema,
    r.table_name,
    r.table_type,
    r.table_comment,
    c.column_name,
    c.column_index as column_index,
    c.data_type as column_type,
    c.comment as column_comment,
    null as table_owner,
    'Rows' as "stats:num_rows:label",
    r.num_rows as "stats:num_rows:value",
    'How many rows there are, as the database counts them' as "stats:num_rows:description",
    r.num_rows is not null as "stats:num_rows:include",
    'Size in bytes' as "stats:bytes:label",
    s.blocks * d.block_size as "stats:bytes:value",
    'Of the blocks of the file that its columns are in; small tables share theirs' as "stats:bytes:description",
    s.blocks is not null as "stats:bytes:include"
  from relations as r
  left join (
    {%- if tables %}
    {{- duckdb_sizes_sql(database, tables) }}
    {%- else %}
    select null::varchar as table_schema, null::varchar as table_name, null::bigint as blocks where false
    {%- endif %}
  ) as s
    on s.table_schema = r.table_schema
    and s.table_name = r.table_name
  left join pragma_database_size() as d
    on d.database_name = r.table_database
  inner join duckdb_columns() as c
    on c.database_name = r.table_database
    and c.schema_name = r.table_schema
    and c.table_name = r.table_name
  where ({{ conditions | join(' or ') if conditions else 'true' }})
  {%- if database %}
    and lower(r.table_database) = lower('{{ escape_single_quotes(database) }}')
  {%- endif %}
  order by r.table_schema, r.table_name, c.column_index
{% endmacro %}
