select * from {{ ref('profit') }}
