select id, name, 1 as visits from {{ ref('int_visits') }}
