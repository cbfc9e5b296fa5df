{% test one_row(model) %}select 1 from {{ model }} having count(*) > 1{% endtest %}
