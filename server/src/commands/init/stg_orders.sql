-- One row for each order, amounts in whole currency units.
select
    order_id,
    customer_id,
    cast(ordered_at as date) as ordered_on,
    amount_cents / 100.0 as amount,
    status
from {{ ref('raw_orders') }}
