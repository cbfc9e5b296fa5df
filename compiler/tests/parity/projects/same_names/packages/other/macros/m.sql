{% macro who() %}'other'{% endmacro %}
