select * from {{ source('s', 't') }} where i < n
