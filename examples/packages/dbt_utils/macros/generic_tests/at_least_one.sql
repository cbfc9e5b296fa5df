{% test at_least_one(model, column_name, group_by_columns=[]) %}

{%- set groups = group_by_columns | join(', ') %}

select
  {%- if groups %}
  {{ groups }},
  {%- endif %}
  count({{ column_name }}) as filled_rows
from {{ model }}
{%- if groups %}
group by {{ groups }}
{%- endif %}
having count({{ column_name }}) = 0

{% endtest %}
