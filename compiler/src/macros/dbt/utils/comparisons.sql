{#- Equal, or both NULL. -#}
{% macro equals(expr1, expr2) -%}
  {{ return(adapter.dispatch('equals', 'dbt')(expr1, expr2)) }}
{%- endmacro %}

{% macro default__equals(expr1, expr2) -%}
  {{ expr1 }} is not distinct from {{ expr2 }}
{%- endmacro %}
