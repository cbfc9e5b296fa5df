{% macro hours(from_hour, until_hour=none) %}
  {{ return(adapter.dispatch('hours', 'desk')(from_hour, until_hour)) }}
{% endmacro %}

{% macro default__hours(from_hour, until_hour) -%}
  {{ from_hour }} between 0 and {{ until_hour or var('closing_hour', 17) }}
{%- endmacro %}

{% macro sqlite__hours(from_hour) %}0{% endmacro %}

{% test in_hours(model, column_name, first=0) %}
  select * from {{ model }} where {{ column_name }} < {{ first }}
{% endtest %}
