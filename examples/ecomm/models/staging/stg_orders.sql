with source as (

    select * from {{ source('raw', 'orders') }}

),

renamed as (

    select
        -- primary key
        order_id,

        -- foreign keys
        customer_id,
        product_id,

        -- the source writes codes and statuses in several ways
        upper(trim(source.product_category_code)) as product_category_code,
        lower(trim(source.status)) as status,

        -- amounts: a missing discount is none, a negative one has the wrong sign, and none exceeds its order
        cast(total_amount_cents / 100.0 as numeric(12, 2)) as total_amount_usd,
        cast(
            least(abs(coalesce(discount_cents, 0)), total_amount_cents) / 100.0 as numeric(12, 2)
        ) as discount_usd,

        -- the source stores UTC without saying so
        created_at at time zone 'UTC' as created_at_utc,
        completed_at at time zone 'UTC' as completed_at_utc,

        -- when the loader wrote this row
        _loaded_at at time zone 'UTC' as loaded_at_utc,

        -- an order that was loaded twice keeps its last version
        row_number() over (
            partition by order_id
            order by _loaded_at desc, completed_at desc nulls last
        ) as version_from_last

    from source
    where order_id is not null -- rows of the shop's monitoring, without an order

)

select
    order_id,
    customer_id,
    product_id,
    product_category_code,
    status,
    total_amount_usd,
    discount_usd,
    created_at_utc,
    completed_at_utc,
    loaded_at_utc
from renamed
where version_from_last = 1
