{{
    config(
        materialized='incremental',
        unique_key='customer_id',
        incremental_strategy='merge',
        on_schema_change='sync_all_columns'
    )
}}

with orders as (

    select
        customer_id,
        total_amount_usd,
        discount_usd,
        product_category_code,
        created_at_utc
    from {{ ref('stg_orders') }}
    where status = 'completed'
    {% if is_incremental() %}
      -- Customers with an order in the last 35 days: the window's 30, and 5 more. Those whose last order has
      -- just left the window are in it, so that their features go back to zero and do not stand still.
      and {{ in_last_days('created_at_utc', 35) }}
    {% endif %}

),

order_features as (

    select
        customer_id,

        -- volume
        count(case when {{ in_last_days('created_at_utc', 30) }} then 1 end) as orders_30d,
        sum(case when {{ in_last_days('created_at_utc', 30) }} then total_amount_usd else 0 end) as revenue_30d,
        avg(case when {{ in_last_days('created_at_utc', 30) }} then total_amount_usd end) as avg_order_value_30d,

        -- recency
        max(created_at_utc) as last_order_at,

        -- discount sensitivity
        sum(case when {{ in_last_days('created_at_utc', 30) }} then discount_usd else 0 end) as discount_30d,

        -- category diversity
        count(distinct case when {{ in_last_days('created_at_utc', 30) }} then product_category_code end)
            as unique_categories_30d

    from orders
    group by customer_id

)

select
    order_features.customer_id,
    order_features.orders_30d,
    cast(order_features.revenue_30d as double precision) as revenue_30d,
    cast(order_features.avg_order_value_30d as double precision) as avg_order_value_30d,
    order_features.last_order_at,
    {{ days_between('order_features.last_order_at', as_of()) }} as days_since_last_order,
    coalesce(
        cast({{ dbt_utils.safe_divide('order_features.discount_30d', 'order_features.revenue_30d') }} as double precision),
        0
    ) as discount_rate_30d,
    order_features.unique_categories_30d,
    affinity.top_category_code_30d,
    coalesce(affinity.top_category_share_30d, 0) as top_category_share_30d,
    coalesce(sessions.sessions_30d, 0) as sessions_30d,
    sessions.conversion_rate_30d,
    current_timestamp as feature_computed_at
from order_features
left join {{ ref('int_user_category_affinity') }} as affinity
    on affinity.customer_id = order_features.customer_id
left join {{ ref('int_user_session_stats') }} as sessions
    on sessions.customer_id = order_features.customer_id
