select * from {{ ref('stg_loans') }} where due_on < current_date
