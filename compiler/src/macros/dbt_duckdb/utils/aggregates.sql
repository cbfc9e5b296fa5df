{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {%- set order = ' ' ~ order_by_clause if order_by_clause else '' -%}
  {%- if limit_num -%}
  list_aggregate((array_agg({{ measure ~ order }}) filter (where {{ measure }} is not null))[1:{{ limit_num }}], 'string_agg', {{ delimiter_text }})
  {%- else -%}
  string_agg({{ measure }}, {{ delimiter_text }}{{ order }})
  {%- endif -%}
{%- endmacro %}
