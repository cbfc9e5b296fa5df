{{ config(tags=['third']) }}
select id from {{ ref('customers', v=1) }}
