{{ config(materialized='ephemeral') }}
select c.id, c.name from {{ ref('stg_customers') }} c, {{ ref('stg_events') }} e, {{ ref('calendar') }} d
