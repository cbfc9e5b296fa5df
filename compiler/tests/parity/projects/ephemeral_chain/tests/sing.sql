select * from {{ ref('two') }} where id is null
