select 1 as order_id, 2 as customer_id, 3.0 as amount, current_timestamp as ordered_at, 'web' as channel
