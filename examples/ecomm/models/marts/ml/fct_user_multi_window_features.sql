{{ config(materialized='incremental', unique_key='customer_id') }}

select
    customer_id,
    {{ rolling_order_features([7, 14, 30, 90]) }},
    current_timestamp as feature_computed_at
from {{ ref('stg_orders') }}
where status = 'completed'
group by customer_id
