select * from {{ ref('plain') }} union all select * from {{ ref('shops') }}
