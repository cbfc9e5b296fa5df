{#- PostgreSQL has no interval of a quarter. -#}
{% macro postgres__dateadd(datepart, interval, from_date_or_timestamp) -%}
  {{ from_date_or_timestamp }} + (({{ interval }}) * interval '{{ '3 month' if datepart | lower == 'quarter' else '1 ' ~ datepart }}')
{%- endmacro %}


{#- How many starts of a day, month, … lie between two points in time. PostgreSQL only subtracts, so each part counts in its
    own way. -#}
{% macro postgres__datediff(first_date, second_date, datepart) -%}
  {%- set first = '(' ~ first_date ~ ')::timestamp' -%}
  {%- set second = '(' ~ second_date ~ ')::timestamp' -%}
  {%- set part = datepart | lower -%}
  {%- set seconds = {'hour': 3600, 'minute': 60, 'second': 1} -%}
  {%- if part == 'year' -%}
  (date_part('year', {{ second }}) - date_part('year', {{ first }}))
  {%- elif part == 'quarter' -%}
  ((date_part('year', {{ second }}) - date_part('year', {{ first }})) * 4 + date_part('quarter', {{ second }}) - date_part('quarter', {{ first }}))
  {%- elif part == 'month' -%}
  ((date_part('year', {{ second }}) - date_part('year', {{ first }})) * 12 + date_part('month', {{ second }}) - date_part('month', {{ first }}))
  {%- elif part == 'week' -%}
  ((({{ second }})::date - (date_part('isodow', {{ second }})::int % 7) - (({{ first }})::date - (date_part('isodow', {{ first }})::int % 7))) / 7)
  {%- elif part == 'day' -%}
  (({{ second }})::date - ({{ first }})::date)
  {%- elif part in seconds -%}
  ((extract(epoch from date_trunc('{{ part }}', {{ second }})) - extract(epoch from date_trunc('{{ part }}', {{ first }}))) / {{ seconds[part] }})::bigint
  {%- elif part == 'millisecond' -%}
  floor(extract(epoch from {{ second }}) * 1000)::bigint - floor(extract(epoch from {{ first }}) * 1000)::bigint
  {%- elif part == 'microsecond' -%}
  (extract(epoch from {{ second }}) * 1000000)::bigint - (extract(epoch from {{ first }}) * 1000000)::bigint
  {%- else -%}
    {%- do exceptions.raise_compiler_error("datediff does not know the datepart '" ~ datepart ~ "'") -%}
  {%- endif -%}
{%- endmacro %}
