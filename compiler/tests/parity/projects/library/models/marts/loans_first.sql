select 1 as loan_id
