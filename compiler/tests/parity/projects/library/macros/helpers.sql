{#- helpers -#}

{%- macro cents(column, digits=2) -%}
  round({{ column }} / 100.0, {{ digits }})
{%- endmacro -%}

{% macro log_end(word) %}
  {% do log(word, info=true) %}
{% endmacro %}

{% macro all_loans(columns=['loan_id']) %}
  {% set relation = ref('stg_loans') %}
  {% for column in columns %}{{ cents(column) }}{% endfor %}
  {{ log_end('x') }} {{ desk.hours(1) }} {{ dbt.type_string() }}
  select {{ columns | join(', ') }} from {{ relation }}
{% endmacro %}

{% macro library__hours(from_hour, until_hour) %}0{% endmacro %}
{% macro default__hours(from_hour, until_hour) %}1{% endmacro %}
