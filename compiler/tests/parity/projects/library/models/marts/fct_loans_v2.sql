select * from {{ ref('fct_loans', v=1) }} union all select * from {{ ref('fct_loans', version='1') }}
