select id, name, extra from {{ ref('base') }}
