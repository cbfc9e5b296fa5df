{% macro spaced() %}{% set x =  1 %}{{ x }}{% endmacro %}
