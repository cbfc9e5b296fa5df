with recursive r as (select 1 as n union all select n + 1 from r where n < 3)
select r.n, t.id from r, {{ ref('three') }} t
