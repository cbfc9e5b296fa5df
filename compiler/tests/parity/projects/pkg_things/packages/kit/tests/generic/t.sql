{% test kit_test(model, column_name, at_least=1) %}
  {{ config(severity='warn') }}
  select 1 from {{ model }} where {{ column_name }} < {{ at_least }}
{% endtest %}
