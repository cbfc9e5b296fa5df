{{ config(materialized='table') }}
with o as (select * from {{ source('raw', 'orders') }})
select o.order_id, e.name, o.amount * {{ var('rate') }} as amount, '{{ var("label") }}' as label, '{{ env_var("UT_ENV", "none") }}' as env, o.at
from o left join {{ ref('eph') }} e on e.id = o.person_id
