{% test dbt_expect_rows(model) %}
select 1 from {{ model }} where 1 = 0
{% endtest %}
{% test relationships_of(model, to) %}
select 1 from {{ model }}, {{ to }} where 1 = 0
{% endtest %}
