{{ config(materialized='ephemeral') }}
select id, name from {{ ref('stg_people') }} where id > 0
