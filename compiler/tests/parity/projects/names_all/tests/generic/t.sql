{% test some_test(model) %}select 1 from {{ model }} where false{% endtest %}
