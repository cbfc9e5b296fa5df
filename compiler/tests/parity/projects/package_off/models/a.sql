{{ config(materialized='view', bind=False) }}
select 1 as id
