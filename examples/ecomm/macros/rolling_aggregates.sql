{#- Orders, revenue and average order value for each window, from rows with created_at_utc and
    total_amount_usd. A window of n days is the last n × 24 hours before as_of(), not n calendar days. -#}
{% macro rolling_order_features(days_list=[7, 14, 30]) %}
{%- for days in days_list %}
  -- {{ days }}-day window
  count(case when {{ in_last_days('created_at_utc', days) }}
        then 1 end) as orders_{{ days }}d,
  cast(sum(case when {{ in_last_days('created_at_utc', days) }}
        then total_amount_usd else 0 end) as double precision) as revenue_{{ days }}d,
  cast(avg(case when {{ in_last_days('created_at_utc', days) }}
        then total_amount_usd end) as double precision) as avg_order_value_{{ days }}d
  {%- if not loop.last %},{% endif %}
{%- endfor %}
{%- endmacro %}
