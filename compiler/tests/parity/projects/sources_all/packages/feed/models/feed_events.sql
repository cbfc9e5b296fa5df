select * from {{ source('feed', 'events') }}
