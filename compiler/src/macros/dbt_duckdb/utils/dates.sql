{% macro duckdb__date(year, month, day) -%}
  make_date({{ year }}, {{ month }}, {{ day }})
{%- endmacro %}

{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) -%}
  ({{ from_date_or_timestamp }} + cast({{ interval }} as bigint) * interval 1 {{ datepart }})
{%- endmacro %}

{#- How many starts of a day, month, … lie between two points in time. Weeks start on Sundays, as dbt counts them; DuckDB
    itself counts periods of seven days. -#}
{% macro duckdb__datediff(first_date, second_date, datepart) -%}
  {%- set first = 'cast(' ~ first_date ~ ' as timestamp)' -%}
  {%- set second = 'cast(' ~ second_date ~ ' as timestamp)' -%}
  {%- if datepart | lower == 'week' -%}
  (date_diff('day', date_trunc('week', {{ first }} + interval 1 day), date_trunc('week', {{ second }} + interval 1 day)) // 7)
  {%- else -%}
  date_diff('{{ datepart }}', {{ first }}, {{ second }})
  {%- endif -%}
{%- endmacro %}
