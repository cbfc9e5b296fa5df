select 1 from {{ ref('kept') }}
