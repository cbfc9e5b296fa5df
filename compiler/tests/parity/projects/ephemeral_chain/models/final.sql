select * from {{ ref('three') }} union all select * from {{ ref('two') }}
