{#- Where the warehouse describes itself, for a database. -#}
{% macro information_schema_name(database) -%}
  {{ return(adapter.dispatch('information_schema_name', 'dbt')(database)) }}
{%- endmacro %}

{% macro default__information_schema_name(database) -%}
  {%- if database -%}
    {{ adapter.quote_as_configured(database, 'database') }}.INFORMATION_SCHEMA
  {%- else -%}
    INFORMATION_SCHEMA
  {%- endif -%}
{%- endmacro %}


{% macro list_schemas(database) -%}
  {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{%- endmacro %}

{% macro default__list_schemas(database) -%}
  {% set sql %}
    select distinct schema_name
    from {{ information_schema_name(database) }}.schemata
    where lower(catalog_name) = lower('{{ escape_single_quotes(database | replace('"', '')) }}')
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}


{#- One row with the number of schemas of that name. -#}
{% macro check_schema_exists(information_schema, schema) -%}
  {{ return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) }}
{%- endmacro %}

{% macro default__check_schema_exists(information_schema, schema) -%}
  {% set sql %}
    select count(*)
    from {{ information_schema_name(information_schema.database) }}.schemata
    where lower(catalog_name) = lower('{{ escape_single_quotes(information_schema.database) }}')
      and lower(schema_name) = lower('{{ escape_single_quotes(schema) }}')
  {% endset %}
  {{ return(run_query(sql)) }}
{%- endmacro %}


{#- The relations of a schema: rows of database, name, schema and type. What cannot be listed is an error. -#}
{% macro list_relations_without_caching(schema_relation) %}
  {{ return(adapter.dispatch('list_relations_without_caching', 'dbt')(schema_relation)) }}
{% endmacro %}

{% macro default__list_relations_without_caching(schema_relation) %}
  {% do exceptions.raise_compiler_error('list_relations_without_caching is not written for ' ~ adapter.type()) %}
{% endmacro %}


{#- Every column of every relation of some schemas, as catalog.json wants them. -#}
{% macro get_catalog(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro default__get_catalog(information_schema, schemas) -%}
  {% do exceptions.raise_compiler_error('get_catalog is not written for ' ~ adapter.type()) %}
{%- endmacro %}


{#- Every column of the given relations, as catalog.json wants them. -#}
{% macro get_catalog_relations(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_catalog_relations(information_schema, relations) -%}
  {% do exceptions.raise_compiler_error('get_catalog_relations is not written for ' ~ adapter.type()) %}
{%- endmacro %}


{#- Pairs of relations where the first is read by the second, for warehouses that drop what depends. -#}
{% macro get_relations() -%}
  {{ return(adapter.dispatch('get_relations', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_relations() -%}
  {% do exceptions.raise_compiler_error('get_relations is not written for ' ~ adapter.type()) %}
{%- endmacro %}


{#- When relations last changed, for freshness without a loaded_at_field, where the warehouse keeps that. -#}
{% macro get_relation_last_modified(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_relation_last_modified', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_relation_last_modified(information_schema, relations) -%}
  {% do exceptions.raise_compiler_error(adapter.type() ~ ' keeps no time of the last change of a relation') %}
{%- endmacro %}
