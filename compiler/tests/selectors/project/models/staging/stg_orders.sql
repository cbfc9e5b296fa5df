select id, customer_id, {{ money('amount') }} as amount from {{ source('raw', 'orders') }}
