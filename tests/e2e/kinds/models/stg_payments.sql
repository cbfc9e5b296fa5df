select
    payment_id,
    order_id,
    {{ cents_to_euros('amount') }} as amount,
    method,
    cast(paid_at as date) as paid_on
from {{ ref('payments') }}
