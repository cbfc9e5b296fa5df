select
    customer_id,
    count(*) as total_orders,
    sum(total_amount_usd) as total_revenue_usd,
    min(created_at_utc) as first_order_at,
    max(created_at_utc) as last_order_at
from {{ ref('stg_orders') }}
where status = 'completed'
group by customer_id
