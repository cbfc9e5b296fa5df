{{ config(tags=['books'], meta={'pii': False}) }}
with a as (select * from {{ ref('books') }}),
b as (select * from {{ source('desk', 'copies') }}), c as (select * from {{ source('desk', 'loans') }})
select * from a
