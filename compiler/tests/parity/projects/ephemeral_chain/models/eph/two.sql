with a as (select * from {{ ref('one') }}) select * from a
