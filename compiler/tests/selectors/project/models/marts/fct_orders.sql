select o.id, c.name, o.amount from {{ ref('stg_orders') }} o join {{ ref('dim_customers') }} c on c.id = o.customer_id cross join (select count(*) from {{ ref('countries') }})
