{% test row_is(model) %}select 1 from {{ model }} where false{% endtest %}
