{{ config(materialized='ephemeral') }}
select * from {{ ref('fct_loans') }}
