-- For each customer the category with the most completed orders of the last 30 days. Where two are equal,
-- the one with more revenue leads, then the first in the alphabet, so that a rerun gives the same answer.
with category_orders as (

    select
        customer_id,
        product_category_code,
        count(*) as category_orders,
        sum(total_amount_usd) as category_revenue_usd
    from {{ ref('stg_orders') }}
    where status = 'completed'
      and {{ in_last_days('created_at_utc', 30) }}
    group by customer_id, product_category_code

),

ranked as (

    select
        customer_id,
        product_category_code,
        category_orders,
        sum(category_orders) over (partition by customer_id) as customer_orders,
        row_number() over (
            partition by customer_id
            order by category_orders desc, category_revenue_usd desc, product_category_code
        ) as category_rank
    from category_orders

)

select
    customer_id,
    product_category_code as top_category_code_30d,
    cast(category_orders as double precision) / customer_orders as top_category_share_30d
from ranked
where category_rank = 1
