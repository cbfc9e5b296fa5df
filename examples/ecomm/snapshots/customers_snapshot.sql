{% snapshot customers_snapshot %}

{{
    config(
        unique_key='customer_id',
        strategy='check',
        check_cols=['country_code', 'segment', 'marketing_opt_in']
    )
}}

select
    customer_id,
    country_code,
    segment,
    marketing_opt_in,
    signed_up_at_utc
from {{ ref('stg_customers') }}

{% endsnapshot %}
