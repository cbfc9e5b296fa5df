select * from {{ ref('off_by_yaml') }}
