{% macro postgres__current_timestamp() -%}
  now()
{%- endmacro %}

{% macro postgres__snapshot_get_time() -%}
  {{ current_timestamp() }}::timestamp without time zone
{%- endmacro %}

{#- The schema of a query has the driver's names of types, which are not all SQL. -#}
{% macro postgres__get_snapshot_get_time_data_type() %}
  {{ return('timestamp without time zone') }}
{% endmacro %}

{% macro postgres__snapshot_string_as_time(timestamp) -%}
  {{ return("cast('" ~ timestamp ~ "' as timestamp without time zone)") }}
{%- endmacro %}

{% macro postgres__current_timestamp_backcompat() %}
  current_timestamp::timestamp
{% endmacro %}

{% macro postgres__current_timestamp_in_utc_backcompat() %}
  (current_timestamp at time zone 'utc')::timestamp
{% endmacro %}
