{% macro helper(x, y=1) %}{{ x }}{{ y }}{% endmacro %}
