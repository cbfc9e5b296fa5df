{{
    config(
        materialized='incremental',
        unique_key='product_id',
        incremental_strategy='merge',
        on_schema_change='append_new_columns'
    )
}}

with orders as (

    select
        product_id,
        customer_id,
        status,
        total_amount_usd,
        created_at_utc
    from {{ ref('stg_orders') }}
    -- The longest window is 90 days: with 5 more a first run and a later one see the same orders.
    where {{ in_last_days('created_at_utc', 95) }}

),

order_features as (

    select
        product_id,
        count(case when status = 'completed' and {{ in_last_days('created_at_utc', 7) }} then 1 end) as orders_7d,
        count(case when status = 'completed' and {{ in_last_days('created_at_utc', 30) }} then 1 end) as orders_30d,
        sum(
            case when status = 'completed' and {{ in_last_days('created_at_utc', 30) }} then total_amount_usd else 0 end
        ) as revenue_30d,
        count(
            distinct case when status = 'completed' and {{ in_last_days('created_at_utc', 30) }} then customer_id end
        ) as buyers_30d,
        count(
            case when status = 'returned' and {{ in_last_days('created_at_utc', 90) }} then 1 end
        ) as returned_90d,
        count(
            case when status in ('completed', 'returned') and {{ in_last_days('created_at_utc', 90) }} then 1 end
        ) as delivered_90d,
        max(case when status = 'completed' and {{ in_last_days('created_at_utc', 90) }} then created_at_utc end) as last_sold_at
    from orders
    group by product_id

)

select
    products.product_id,
    products.product_category_code,
    categories.department,
    products.is_active,
    cast(products.price_usd as double precision) as price_usd,
    cast(
        {{ dbt_utils.safe_divide('products.price_usd - products.cost_usd', 'products.price_usd') }} as double precision
    ) as margin_rate,
    coalesce(order_features.orders_7d, 0) as orders_7d,
    coalesce(order_features.orders_30d, 0) as orders_30d,
    cast(coalesce(order_features.revenue_30d, 0) as double precision) as revenue_30d,
    coalesce(order_features.buyers_30d, 0) as buyers_30d,
    cast(order_features.returned_90d as double precision) / nullif(order_features.delivered_90d, 0) as return_rate_90d,
    coalesce(
        cast(order_features.revenue_30d as double precision)
        / nullif(
            cast(sum(order_features.revenue_30d) over (partition by products.product_category_code) as double precision),
            0
        ),
        0
    ) as category_revenue_share_30d,
    {{ days_between('order_features.last_sold_at', as_of()) }} as days_since_last_sale,
    current_timestamp as feature_computed_at
from {{ ref('stg_products') }} as products
left join {{ ref('product_category_mapping') }} as categories
    on categories.product_category_code = products.product_category_code
left join order_features
    on order_features.product_id = products.product_id
