{% macro money(column) %}round({{ cents(column) }}, 2){% endmacro %}
