{% macro shout(x) %}upper({{ x }}){% endmacro %}
{% macro outer_shout(x) %}{{ shout(x) }}{% endmacro %}
