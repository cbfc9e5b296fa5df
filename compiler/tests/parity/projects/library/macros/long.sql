{% test dbt_expression_with_a_really_long_name_so_that_it_is_cut_off_somewhere(model, expression) %}
select * from {{ model }} where not({{ expression }})
{% endtest %}
