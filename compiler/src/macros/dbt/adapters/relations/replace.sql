{#- SQL that puts a new relation in the place of an existing one. It is to run inside a transaction, so that nobody
    sees the moment in between. -#}
{% macro get_replace_sql(existing_relation, target_relation, sql) -%}
  {{- adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql) -}}
{%- endmacro %}

{% macro default__get_replace_sql(existing_relation, target_relation, sql) -%}
  {%- if existing_relation is not none %}
  {{ get_drop_sql(existing_relation) }};
  {%- endif %}
  {{ get_create_sql(target_relation, sql) }}
{%- endmacro %}


{% macro get_replace_view_sql(relation, sql) -%}
  {{- adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_replace_view_sql(relation, sql) -%}
  {{ get_replace_sql(relation, relation.incorporate(type='view'), sql) }}
{%- endmacro %}


{% macro get_replace_table_sql(relation, sql) -%}
  {{- adapter.dispatch('get_replace_table_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_replace_table_sql(relation, sql) -%}
  {{ get_replace_sql(relation, relation.incorporate(type='table'), sql) }}
{%- endmacro %}


{% macro get_replace_materialized_view_sql(relation, sql) -%}
  {{- adapter.dispatch('get_replace_materialized_view_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_replace_materialized_view_sql(relation, sql) -%}
  {{ get_replace_sql(relation, relation.incorporate(type='materialized_view'), sql) }}
{%- endmacro %}


{#- Puts a finished relation, with its indexes, into the place of the old one. The transaction in which it was built is
    still open, so others see the old one until the commit and the new one after it. -#}
{% macro swap_in_relation(intermediate_relation, target_relation, existing_relation) %}
  {{ return(adapter.dispatch('swap_in_relation', 'dbt')(intermediate_relation, target_relation, existing_relation)) }}
{% endmacro %}

{% macro default__swap_in_relation(intermediate_relation, target_relation, existing_relation) %}
  {% do create_indexes(intermediate_relation) %}
  {% set dependents = remember_dependents(existing_relation) %}
  {% do drop_relation_if_exists(existing_relation) %}
  {% do adapter.rename_relation(intermediate_relation, target_relation) %}
  {% do restore_dependents(dependents, target_relation) %}
{% endmacro %}


{#- Builds a table from a query as the main statement, and leaves it under its name. Where there was nothing under that
    name, and creating it is one step, the detour over a second name is left out. -#}
{% macro build_table(target_relation, existing_relation, sql) %}
  {{ return(adapter.dispatch('build_table', 'dbt')(target_relation, existing_relation, sql)) }}
{% endmacro %}

{% macro default__build_table(target_relation, existing_relation, sql) %}
  {%- set in_place = existing_relation is none and creates_at_once() -%}
  {%- set built_relation = target_relation if in_place else make_intermediate_relation(target_relation) -%}
  {%- set code = get_create_table_as_sql(false, built_relation, sql) -%}
  {% call statement('main', auto_begin=not (in_place and stands_alone(code))) -%}
    {{ code }}
  {%- endcall %}
  {% if in_place %}
    {% do create_indexes(target_relation) %}
  {% else %}
    {% do swap_in_relation(built_relation, target_relation, existing_relation) %}
  {% endif %}
{% endmacro %}


{#- Runs before the node's transaction opens. -#}
{% macro before_build(target_relation) %}
  {{ return(adapter.dispatch('before_build', 'dbt')(target_relation)) }}
{% endmacro %}

{% macro default__before_build(target_relation) %}
{% endmacro %}


{#- Whether a table of this node is there with all its rows as soon as it is there. -#}
{% macro creates_at_once() %}
  {{ return(adapter.dispatch('creates_at_once', 'dbt')()) }}
{% endmacro %}

{% macro default__creates_at_once() %}
  {{ return(false) }}
{% endmacro %}


{#- Whether this SQL is all that the node does, and is whole by itself, so that it needs no transaction around it. -#}
{% macro stands_alone(code) %}
  {{ return(adapter.dispatch('stands_alone', 'dbt')(code)) }}
{% endmacro %}

{% macro default__stands_alone(code) %}
  {{ return(false) }}
{% endmacro %}
