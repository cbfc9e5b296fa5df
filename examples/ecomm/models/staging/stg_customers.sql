with source as (

    select * from {{ source('raw', 'customers') }}

)

select
    customer_id,
    lower(trim(email)) as email,
    upper(country) as country_code,
    segment,
    marketing_opt_in,
    signed_up_at at time zone 'UTC' as signed_up_at_utc,
    _loaded_at at time zone 'UTC' as loaded_at_utc
from source
