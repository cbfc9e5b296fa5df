{#- The variable is for engines that lack insert_overwrite on this warehouse (see dbt_project.yml). With
    delete+insert the partition column is the key, so that whole days are replaced all the same. -#}
{%- set overwrites = var('partition_strategy') == 'insert_overwrite' -%}

{{
    config(
        materialized='incremental',
        incremental_strategy=var('partition_strategy'),
        partition_by={
            'field': 'feature_date',
            'data_type': 'date',
            'granularity': 'day'
        } if overwrites else none,
        unique_key=none if overwrites else 'feature_date'
    )
}}

select
    customer_id,
    {{ utc_date('created_at_utc') }} as feature_date,
    count(*) as orders_today,
    cast(sum(total_amount_usd) as double precision) as revenue_today,
    count(distinct product_category_code) as categories_today,
    current_timestamp as feature_computed_at
from {{ ref('stg_orders') }}
where status = 'completed'
  and {{ utc_date('created_at_utc') }} <= {{ utc_date(as_of()) }}
{% if is_incremental() %}
  -- only the newest days, whole, so that each of their partitions is replaced by its full content
  and {{ utc_date('created_at_utc') }} > {{ utc_date(as_of()) }} - {{ var('daily_features_reprocess_days') }}
{% else %}
  and {{ utc_date('created_at_utc') }} > {{ utc_date(as_of()) }} - 90
{% endif %}
group by customer_id, {{ utc_date('created_at_utc') }}
