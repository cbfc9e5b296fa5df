{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}

{%- set names = [] -%}
{%- for column in combination_of_columns -%}
  {%- do names.append(adapter.quote(column) if quote_columns else column) -%}
{%- endfor -%}
{%- set key = names | join(', ') %}

select {{ key }}, count(*) as occurrences
from {{ model }}
group by {{ key }}
having count(*) > 1

{% endtest %}
