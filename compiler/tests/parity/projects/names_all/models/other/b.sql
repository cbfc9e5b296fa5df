{{ config(schema=none) }}
select * from {{ ref('a') }}
