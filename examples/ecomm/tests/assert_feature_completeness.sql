-- Fails when fewer than 90 % of the customers with an order in the last 30 days have features.
with active_customers as (

    select count(distinct customer_id) as cnt
    from {{ ref('stg_orders') }}
    where {{ in_last_days('created_at_utc', 30) }}
      and status = 'completed'

),

featured_customers as (

    select count(distinct customer_id) as cnt
    from {{ ref('fct_user_features') }}
    where orders_30d > 0

),

coverage as (

    select
        cast(featured_customers.cnt as double precision) / nullif(active_customers.cnt, 0) as coverage_ratio
    from active_customers
    cross join featured_customers

)

-- NULL means that nobody is active, and is a failure too: there is no shop without customers.
select *
from coverage
where coverage_ratio < 0.90
   or coverage_ratio is null
