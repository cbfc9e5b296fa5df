{#- Creates the indexes that the `indexes` config lists. -#}
{% macro create_indexes(relation) -%}
  {{ adapter.dispatch('create_indexes', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__create_indexes(relation) -%}
  {%- for index_dict in config.get('indexes', default=[]) or [] -%}
    {%- set sql = get_create_index_sql(relation, index_dict) -%}
    {%- if sql and sql | trim -%}
      {%- do run_query(sql) -%}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}


{#- SQL for one index: {columns: […], unique: …, type: …}; empty where the warehouse has none. -#}
{% macro get_create_index_sql(relation, index_dict) -%}
  {{ return(adapter.dispatch('get_create_index_sql', 'dbt')(relation, index_dict)) }}
{%- endmacro %}

{% macro default__get_create_index_sql(relation, index_dict) -%}
  {{ return('') }}
{%- endmacro %}


{#- A name that differs from index to index and from run to run, so that a new table's indexes can be made while the
    old table still has its own. -#}
{% macro index_name(relation, index_dict) -%}
  {{ return(local_md5(relation.render() ~ index_dict ~ invocation_id)) }}
{%- endmacro %}


{% macro get_drop_index_sql(relation, index_name) -%}
  {{ adapter.dispatch('get_drop_index_sql', 'dbt')(relation, index_name) }}
{%- endmacro %}

{% macro default__get_drop_index_sql(relation, index_name) -%}
  {% do exceptions.raise_compiler_error('get_drop_index_sql is not written for ' ~ adapter.type()) %}
{%- endmacro %}


{#- Rows of name, method, unique and column_names (with commas) of a relation's indexes. -#}
{% macro get_show_indexes_sql(relation) -%}
  {{ adapter.dispatch('get_show_indexes_sql', 'dbt')(relation) }}
{%- endmacro %}

{% macro default__get_show_indexes_sql(relation) -%}
  {% do exceptions.raise_compiler_error('get_show_indexes_sql is not written for ' ~ adapter.type()) %}
{%- endmacro %}
