{% test not_null_proportion(model, column_name, at_least, at_most=1.0, group_by_columns=[]) %}

{%- set groups = group_by_columns | join(', ') %}

with proportions as (

  select
    {%- if groups %}
    {{ groups }},
    {%- endif %}
    cast(count({{ column_name }}) as double precision) / nullif(count(*), 0) as not_null_proportion
  from {{ model }}
  {%- if groups %}
  group by {{ groups }}
  {%- endif %}

)

select *
from proportions
where not_null_proportion < {{ at_least }}
   or not_null_proportion > {{ at_most }}

{% endtest %}
