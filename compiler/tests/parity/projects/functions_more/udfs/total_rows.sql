(select count(*) from {{ ref('numbers') }})
