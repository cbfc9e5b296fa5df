with customers as (

    select * from {{ ref('stg_customers') }}

),

order_stats as (

    select * from {{ ref('int_user_order_stats') }}

),

session_stats as (

    select * from {{ ref('int_user_session_stats') }}

),

features as (

    select * from {{ ref('fct_user_features') }}

)

select
    customers.customer_id,
    {{ dbt_utils.generate_surrogate_key(['customers.customer_id', 'customers.country_code']) }} as customer_key,
    customers.email,
    customers.country_code,
    customers.segment,
    customers.marketing_opt_in,
    customers.signed_up_at_utc,
    coalesce(order_stats.total_orders, 0) as total_orders,
    cast(coalesce(order_stats.total_revenue_usd, 0) as double precision) as total_revenue_usd,
    order_stats.first_order_at,
    order_stats.last_order_at,
    coalesce(features.orders_30d, 0) as orders_30d,
    coalesce(features.revenue_30d, 0) as revenue_30d,
    features.top_category_code_30d,
    categories.department as top_department_30d,
    coalesce(session_stats.sessions_30d, 0) as sessions_30d,
    session_stats.last_session_at,
    case
        when order_stats.customer_id is null then 'never_ordered'
        when {{ in_last_days('order_stats.last_order_at', 30) }} then 'active'
        when {{ in_last_days('order_stats.last_order_at', 90) }} then 'at_risk'
        else 'lapsed'
    end as lifecycle_stage
from customers
left join order_stats
    on order_stats.customer_id = customers.customer_id
left join session_stats
    on session_stats.customer_id = customers.customer_id
left join features
    on features.customer_id = customers.customer_id
left join {{ ref('product_category_mapping') }} as categories
    on categories.product_category_code = features.top_category_code_30d
