{% macro my_macro() %}1{% endmacro %}
