with source as (

    select * from {{ source('raw', 'products') }}

)

select
    product_id,
    product_name,
    upper(trim(source.product_category_code)) as product_category_code,
    cast(price_cents / 100.0 as numeric(12, 2)) as price_usd,
    cast(cost_cents / 100.0 as numeric(12, 2)) as cost_usd,
    is_active,
    launched_at at time zone 'UTC' as launched_at_utc,
    -- UTC without a time zone, as snapshots compare it
    updated_at as updated_at_utc,
    _loaded_at at time zone 'UTC' as loaded_at_utc
from source
