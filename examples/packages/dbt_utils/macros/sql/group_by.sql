{% macro group_by(n) -%}
group by {% for position in range(1, n + 1) %}{{ position }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
