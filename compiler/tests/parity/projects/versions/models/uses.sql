select * from {{ ref('customers') }} union all
select * from {{ ref('customers', version=2) }} union all
select * from {{ ref('versions', 'customers', v=3) }}
