{{ config(tags=['slow']) }}
select * from {{ ref('stg_events') }} where false
