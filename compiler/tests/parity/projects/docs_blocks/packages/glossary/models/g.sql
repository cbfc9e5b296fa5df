select 1 as churn
