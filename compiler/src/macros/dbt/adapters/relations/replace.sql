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
