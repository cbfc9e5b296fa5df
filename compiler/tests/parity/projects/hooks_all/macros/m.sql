{% macro log_it(x) %}{% do log(x) %}select '{{ x }}'{% endmacro %}
