select * from {{ ref('fct_loans') }}
