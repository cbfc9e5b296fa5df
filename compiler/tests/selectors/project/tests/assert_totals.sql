select * from {{ ref('fct_orders') }} o join {{ ref('stg_customers') }} c using (id) where amount < 0
