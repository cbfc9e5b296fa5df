select loan_id, book_id, member_id, fee_cents, due_on, returned_on
from {{ source('desk', 'loans') }}
where due_on >= '{{ var("since") }}'
