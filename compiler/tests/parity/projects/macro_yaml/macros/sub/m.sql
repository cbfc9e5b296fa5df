{# leading comment #}
{% macro first(a, b = {'k': [1, 2]}, c=none) -%}
  {{ second(a) }} {{ this_is_missing_ok() if false }}
{%- endmacro %}

{%- macro second(x) %}{{ third() }}{{ dbt_like.fourth() if false }}{% endmacro -%}
{% macro third() %}{% call(row) fourth([1]) %}{{ row }}{% endcall %}{% endmacro %}
{% macro fourth(rows) %}{% for r in rows %}{{ caller(r) }}{% endfor %}{% endmacro %}
