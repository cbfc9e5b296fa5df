{% test expression(model, expression, column_name=none) %}
  {{ config(severity='error', tags=['from_block']) }}
  select 1 as n from {{ model }} where not ({{ expression }})
{% endtest %}

{% test a_test_with_a_very_long_name_that_goes_on_for_a_while(model, first_argument, second_argument) %}
  select 1 from {{ model }} where false
{% endtest %}
