{#- The end of every feature window: now, or the moment that the variable `as_of` names (UTC). -#}
{% macro as_of() -%}
  {%- if var('as_of', none) is none -%}
    current_timestamp
  {%- else -%}
    cast('{{ var("as_of") }}+00' as timestamp with time zone)
  {%- endif -%}
{%- endmacro %}

{#- True for moments in the n × 24 hours before as_of(). -#}
{% macro in_last_days(moment, days) -%}
  {{ moment }} >= {{ as_of() }} - interval '{{ days }} days'
{%- endmacro %}

{#- The calendar day in UTC, whatever time zone the session has. -#}
{% macro utc_date(moment) -%}
  cast({{ moment }} at time zone 'UTC' as date)
{%- endmacro %}

{#- Days from one moment to another with their fraction, never an interval: a model trains on numbers. -#}
{% macro days_between(earlier, later) -%}
  cast(extract(epoch from ({{ later }} - {{ earlier }})) / 86400.0 as double precision)
{%- endmacro %}
