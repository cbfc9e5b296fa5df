{{ config(schema='custom') }} select 1 as id
