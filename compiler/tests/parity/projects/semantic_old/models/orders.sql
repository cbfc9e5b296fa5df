select 1 as id, 2 as customer_id, 3.0 as amount, current_timestamp as ordered_at, true as is_food
