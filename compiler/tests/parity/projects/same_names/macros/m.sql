{% macro who() %}'root'{% endmacro %}
