-- with in a comment
WITH x AS (select * from {{ ref('two') }}), y as (select * from {{ ref('one') }})
select x.id from x join y using (id)
