{% macro typed(a, b=2, c=none) %}{{ a }}{% endmacro %}
{% macro no_args() %}{% endmacro %}
