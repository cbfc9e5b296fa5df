{#- The smallest power, from 1, to which two reaches `upper_bound`. -#}
{% macro get_powers_of_two(upper_bound) -%}
  {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{%- endmacro %}

{% macro default__get_powers_of_two(upper_bound) -%}
  {%- if upper_bound <= 0 -%}
    {%- do exceptions.raise_compiler_error('a series needs an upper bound greater than zero, not ' ~ upper_bound) -%}
  {%- endif -%}
  {%- set found = namespace(power=1) -%}
  {%- for _ in range(62) -%}
    {%- if 2 ** found.power < upper_bound -%}
      {%- set found.power = found.power + 1 -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found.power) }}
{%- endmacro %}


{#- A query of the numbers from 1 to `upper_bound`, in the column generated_number. -#}
{% macro generate_series(upper_bound) -%}
  {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{%- endmacro %}

{% macro default__generate_series(upper_bound) -%}
  {%- set powers = get_powers_of_two(upper_bound) -%}
  with digits as (
    select 0 as digit union all select 1
  ),

  numbers as (
    select
    {%- for power in range(powers) %}
      {{ '+ ' if not loop.first }}d{{ power }}.digit * {{ 2 ** power }}
    {%- endfor %}
      + 1 as generated_number
    from
    {%- for power in range(powers) %}
      {{ 'cross join ' if not loop.first }}digits as d{{ power }}
    {%- endfor %}
  )

  select generated_number
  from numbers
  where generated_number <= {{ upper_bound }}
  order by generated_number
{%- endmacro %}


{#- How many days, months, … lie between two dates. Asks the warehouse. -#}
{% macro get_intervals_between(start_date, end_date, datepart) -%}
  {{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}
{%- endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
  {%- call statement('get_intervals_between', fetch_result=true) %}
    select {{ datediff(start_date, end_date, datepart) }}
  {%- endcall -%}
  {%- set rows = load_result('get_intervals_between').table.rows if execute else [] -%}
  {{ return(rows[0][0] if rows | length > 0 else 1) }}
{%- endmacro %}


{#- A query of every day, month, … from the start on and before the end, in the column date_DATEPART. -#}
{% macro date_spine(datepart, start_date, end_date) -%}
  {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{%- endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) -%}
  with numbers as (
  {{ generate_series(get_intervals_between(start_date, end_date, datepart)) }}
  ),

  spine as (
    select {{ dateadd(datepart, '(generated_number - 1)', start_date) }} as date_{{ datepart }}
    from numbers
  )

  select *
  from spine
  where date_{{ datepart }} <= {{ end_date }}
{%- endmacro %}
