select count(*) as n, max(name) as last_name from {{ ref('people') }}
