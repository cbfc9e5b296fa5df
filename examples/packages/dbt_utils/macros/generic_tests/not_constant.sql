{% test not_constant(model, column_name, group_by_columns=[]) %}

{%- set groups = group_by_columns | join(', ') %}

select
  {%- if groups %}
  {{ groups }},
  {%- endif %}
  count(distinct {{ column_name }}) as different_values
from {{ model }}
{%- if groups %}
group by {{ groups }}
{%- endif %}
having count(distinct {{ column_name }}) < 2

{% endtest %}
