{% macro pkg_macro() %}select 'p'{% endmacro %}
