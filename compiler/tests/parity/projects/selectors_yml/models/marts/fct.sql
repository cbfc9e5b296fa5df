{{ config(materialized='table', tags=['nightly']) }} select * from {{ ref('stg_b') }}
