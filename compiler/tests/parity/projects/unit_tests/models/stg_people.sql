select id, {{ outer_shout('name') }} as name, born from {{ ref('people') }}
