select 1 as id, 2 as customer_id, now() as at, 10 as amount, true as big
