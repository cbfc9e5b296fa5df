{{ config(severity='warn', tags=['nightly']) }}

-- Customers who still count orders in their window although the last one has left it. Their row was not
-- computed again for more than the 5 days of lookback beyond the window: run with --full-refresh.
select
    customer_id,
    orders_30d,
    last_order_at,
    feature_computed_at
from {{ ref('fct_user_features') }}
where orders_30d > 0
  and last_order_at < {{ as_of() }} - interval '31 days'
