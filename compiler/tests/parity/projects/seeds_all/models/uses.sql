select * from {{ ref('countries') }}, {{ ref('seeds_all', 'currencies') }}, {{ ref('plain') }}
