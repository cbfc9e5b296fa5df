{% macro postgres__information_schema_name(database) -%}
  {%- do postgres_check_database(database) -%}
  information_schema
{%- endmacro %}


{% macro postgres__list_schemas(database) -%}
  {%- do postgres_check_database(database) -%}
  {{ return(run_query('select distinct nspname from pg_catalog.pg_namespace')) }}
{%- endmacro %}


{% macro postgres__check_schema_exists(information_schema, schema) -%}
  {%- do postgres_check_database(information_schema.database) -%}
  {{ return(run_query("select count(*) from pg_catalog.pg_namespace where nspname = '" ~ escape_single_quotes(schema) ~ "'")) }}
{%- endmacro %}


{% macro postgres__list_relations_without_caching(schema_relation) %}
  {% call statement('list_relations_without_caching', fetch_result=true, auto_begin=false) -%}
    select
      '{{ escape_single_quotes(schema_relation.database) }}' as database,
      c.relname as name,
      n.nspname as schema,
      case c.relkind
        when 'v' then 'view'
        when 'm' then 'materialized_view'
        else 'table'
      end as type
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm')
      and lower(n.nspname) = lower('{{ escape_single_quotes(schema_relation.schema) }}')
  {%- endcall %}
  {{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}


{#- Pairs of relations where the second reads the first. -#}
{% macro postgres__get_relations() -%}
  {{ return(run_query("
    select distinct
      read_in.nspname as referenced_schema,
      read.relname as referenced_name,
      reader_in.nspname as dependent_schema,
      reader.relname as dependent_name
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    inner join pg_catalog.pg_class as reader on reader.oid = r.ev_class
    inner join pg_catalog.pg_namespace as reader_in on reader_in.oid = reader.relnamespace
    inner join pg_catalog.pg_class as read on read.oid = d.refobjid
    inner join pg_catalog.pg_namespace as read_in on read_in.oid = read.relnamespace
    where d.classid = 'pg_catalog.pg_rewrite'::regclass
      and d.refclassid = 'pg_catalog.pg_class'::regclass
      and reader.oid <> read.oid
      and read_in.nspname not in ('pg_catalog', 'information_schema')
    order by 1, 2, 3, 4
  ")) }}
{%- endmacro %}


{% macro postgres__get_catalog(information_schema, schemas) -%}
  {%- do postgres_check_database(information_schema.database) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append("lower(n.nspname) = lower('" ~ escape_single_quotes(schema) ~ "')") -%}
  {%- endfor -%}
  {{ return(run_query(postgres_catalog_sql(information_schema.database, conditions))) }}
{%- endmacro %}


{% macro postgres__get_catalog_relations(information_schema, relations) -%}
  {%- do postgres_check_database(information_schema.database) -%}
  {%- set conditions = [] -%}
  {%- for relation in relations -%}
    {%- set condition = "lower(n.nspname) = lower('" ~ escape_single_quotes(relation.schema) ~ "')" -%}
    {%- if relation.identifier -%}
      {%- set condition = condition ~ " and lower(c.relname) = lower('" ~ escape_single_quotes(relation.identifier) ~ "')" -%}
    {%- endif -%}
    {%- do conditions.append('(' ~ condition ~ ')') -%}
  {%- endfor -%}
  {{ return(run_query(postgres_catalog_sql(information_schema.database, conditions))) }}
{%- endmacro %}


{#- A row for each column of each relation for which one of the conditions holds. The names of statistics are dbt's for adapters that have some. -#}
{% macro postgres_catalog_sql(database, conditions) %}
  select
    '{{ escape_single_quotes(database or target.database) }}' as table_database,
    n.nspname as table_schema,
    c.relname as table_name,
    case c.relkind
      when 'v' then 'VIEW'
      when 'm' then 'MATERIALIZED VIEW'
      else 'BASE TABLE'
    end as table_type,
    obj_description(c.oid, 'pg_class') as table_comment,
    a.attname as column_name,
    a.attnum as column_index,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as column_type,
    col_description(c.oid, a.attnum) as column_comment,
    pg_catalog.pg_get_userbyid(c.relowner) as table_owner,
    'Rows' as "stats:num_rows:label",
    case when c.relkind in ('r', 'p', 'm') then
      coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0)::bigint)
    end as "stats:num_rows:value",
    'About how many rows there are, as the server counts them' as "stats:num_rows:description",
    c.relkind in ('r', 'p', 'm') as "stats:num_rows:include",
    'Size in bytes' as "stats:bytes:label",
    case when c.relkind in ('r', 'p', 'm') then pg_catalog.pg_total_relation_size(c.oid) end as "stats:bytes:value",
    'Of the relation with its indexes' as "stats:bytes:description",
    c.relkind in ('r', 'p', 'm') as "stats:bytes:include"
  from pg_catalog.pg_class as c
  inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid
  where c.relkind in ('r', 'p', 'f', 'v', 'm')
    and c.relpersistence in ('p', 'u')
    and a.attnum > 0
    and not a.attisdropped
    and ({{ conditions | join(' or ') if conditions else 'true' }})
  order by n.nspname, c.relname, a.attnum
{% endmacro %}
