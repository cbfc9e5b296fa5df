{% macro greet(name) %}{{ return(adapter.dispatch('greet', 'tools')(name)) }}{% endmacro %}
{% macro default__greet(name) %}'hello {{ name }}'{% endmacro %}
{% macro duckdb__greet(name) %}'quack {{ name }}'{% endmacro %}
{% macro default__concat(fields) %}tools_concat({{ fields | join(', ') }}){% endmacro %}
{% macro plain() %}{{ adapter.dispatch('plain', 'tools')() }}{% endmacro %}
{% macro default__plain() %}'plain'{% endmacro %}
{% test tool_test(model) %}select 1 from {{ model }} where {{ tools.greet('x') }} = 'y'{% endtest %}
