-- One row for each customer with completed orders.
select
    customer_id,
    count(*) as completed_orders,
    sum(amount) as revenue,
    max(ordered_on) as last_ordered_on
from {{ ref('stg_orders') }}
where status = 'completed'
group by customer_id
