{% test recency(model, field, datepart, interval, ignore_time_component=false, group_by_columns=[]) %}

{%- set groups = group_by_columns | join(', ') -%}
{%- set oldest_allowed = dbt.dateadd(datepart, interval * -1, 'cast(' ~ dbt.current_timestamp() ~ ' as timestamp)') -%}
{%- set as_type = 'date' if ignore_time_component else 'timestamp' %}

with newest as (

  select
    {%- if groups %}
    {{ groups }},
    {%- endif %}
    max(cast({{ field }} as {{ as_type }})) as most_recent
  from {{ model }}
  {%- if groups %}
  group by {{ groups }}
  {%- endif %}

)

select *
from newest
where most_recent is null
   or most_recent < cast({{ oldest_allowed }} as {{ as_type }})

{% endtest %}
