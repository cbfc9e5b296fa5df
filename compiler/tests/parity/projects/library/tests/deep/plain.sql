select 1 from {{ ref('books') }} where 1 = 0
