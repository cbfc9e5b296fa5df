{{ config(quoting={'schema': false}, alias='Mixed Case') }}
select * from {{ ref('a') }}, {{ source('S p', 'T-1') }}, {{ ref('e') }}
