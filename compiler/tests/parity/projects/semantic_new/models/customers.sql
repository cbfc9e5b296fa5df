select 2 as customer_id, 'eu' as region
