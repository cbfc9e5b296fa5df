{% macro a_macro() %}1{% endmacro %} {% macro calls() %}{{ function('total') }}(2){% endmacro %}
