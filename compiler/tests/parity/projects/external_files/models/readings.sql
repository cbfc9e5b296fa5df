{{ config(materialized='external', format='csv', delimiter='|', location="{{ env_var('OUT', 'out') }}/x.csv", options={'partition_by': 'id'}) }}
select * from {{ source('raw', 'orders') }}
union all select * from {{ source('raw', 'clients') }} as c
union all select * from {{ source('raw', 'items') }}
union all select * from {{ source('raw', 'rates') }}
union all select * from {{ source('lake', 'events') }}
