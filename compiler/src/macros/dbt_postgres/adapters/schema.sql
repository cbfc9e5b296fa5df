{% macro postgres__create_schema(relation) -%}
  {% do postgres_check_database(relation.database) %}
  {% call statement('create_schema', auto_begin=false) -%}
    create schema if not exists {{ relation.without_identifier().include(database=false) }}
  {%- endcall %}
{%- endmacro %}

{% macro postgres__drop_schema(relation) -%}
  {% do postgres_check_database(relation.database) %}
  {% call statement('drop_schema', auto_begin=false) -%}
    drop schema if exists {{ relation.without_identifier().include(database=false) }} cascade
  {%- endcall %}
{%- endmacro %}


{#- A connection sees one database. The name may come quoted. -#}
{% macro postgres_check_database(database) -%}
  {%- set own = target.dbname or target.database -%}
  {%- if database and database | replace('"', '') | lower != own | lower -%}
    {%- do exceptions.raise_compiler_error("PostgreSQL reaches one database at a time: the target is '" ~ own ~ "', not '" ~ database ~ "'") -%}
  {%- endif -%}
{%- endmacro %}
