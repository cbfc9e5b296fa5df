{{ config(alias='Order_Facts') }}
select 1 as id, 2 as customer_id, current_date as ordered_at, 10 as amount, true as big, 3 as code
