select * from {{ ref('a') }} join {{ source('s', 't') }} using (id)
