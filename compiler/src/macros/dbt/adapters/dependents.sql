{#- What a warehouse drops along with a relation, so that it can be made again when the new one stands in its place.
    Most warehouses look views up by name and drop nothing. -#}
{% macro remember_dependents(relation) %}
  {{ return(adapter.dispatch('remember_dependents', 'dbt')(relation)) }}
{% endmacro %}

{% macro default__remember_dependents(relation) %}
  {{ return([]) }}
{% endmacro %}


{% macro restore_dependents(dependents, relation) %}
  {{ return(adapter.dispatch('restore_dependents', 'dbt')(dependents, relation)) }}
{% endmacro %}

{% macro default__restore_dependents(dependents, relation) %}
{% endmacro %}
