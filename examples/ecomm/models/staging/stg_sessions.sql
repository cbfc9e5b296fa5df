with source as (

    select * from {{ source('raw', 'sessions') }}

)

select
    session_id,
    customer_id,
    lower(device) as device,
    channel,
    page_views,
    added_to_cart,
    ordered,
    started_at at time zone 'UTC' as started_at_utc,
    ended_at at time zone 'UTC' as ended_at_utc,
    _loaded_at at time zone 'UTC' as loaded_at_utc
from source
