{#- The warehouse's clock. -#}
{% macro current_timestamp() -%}
  {{ adapter.dispatch('current_timestamp', 'dbt')() }}
{%- endmacro %}

{% macro default__current_timestamp() -%}
  current_timestamp
{%- endmacro %}


{#- The clock that snapshots write into their columns. -#}
{% macro snapshot_get_time() -%}
  {{ adapter.dispatch('snapshot_get_time', 'dbt')() }}
{%- endmacro %}

{% macro default__snapshot_get_time() -%}
  {{ current_timestamp() }}
{%- endmacro %}


{#- The type of snapshot_get_time(), as the warehouse names it. -#}
{% macro get_snapshot_get_time_data_type() %}
  {{ return(adapter.dispatch('get_snapshot_get_time_data_type', 'dbt')()) }}
{% endmacro %}

{% macro default__get_snapshot_get_time_data_type() %}
  {% set columns = adapter.get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as time_of_snapshot') %}
  {{ return(columns[0].dtype) }}
{% endmacro %}


{% macro current_timestamp_backcompat() %}
  {{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}
{% endmacro %}

{% macro default__current_timestamp_backcompat() %}
  current_timestamp::timestamp
{% endmacro %}


{% macro current_timestamp_in_utc_backcompat() %}
  {{ return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) }}
{% endmacro %}

{% macro default__current_timestamp_in_utc_backcompat() %}
  {{ return(current_timestamp_backcompat()) }}
{% endmacro %}
