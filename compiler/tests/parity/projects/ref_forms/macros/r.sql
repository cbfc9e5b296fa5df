{% macro my_ref(n) %}{{ return(ref(n)) }}{% endmacro %}
