
{%- macro first() -%}
1
{%- endmacro -%}

{# Calls what is named like a method, itself by its package, and what only another package has. #}
{% macro calls(relation) %}
  {% set shape = relation.shape() %}
  {% if false %}{{ habits.calls(relation) }}{% endif %}
  {{ sized() }}
{% endmacro %}

{% macro sized(how=first()) %}{{ adapter.dispatch('sized', 'nowhere')() }}{% endmacro %}

{% macro after_seed() %}select {{ first() }}{% endmacro %}

{% macro get_where_subquery(relation) %}{{ relation }}{% endmacro %}

{% macro three() %}3{% endmacro %}

{% test at_least(model, column_name, least=0) %}
{{ inner.test_at_least(model, column_name, least) }}
{% endtest %}
