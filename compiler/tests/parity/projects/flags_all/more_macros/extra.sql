{% macro extra(a, b='x') %}{{ varargs | length }}{% endmacro %}
