select * from {{ source('s', 't') }} where false limit 3
