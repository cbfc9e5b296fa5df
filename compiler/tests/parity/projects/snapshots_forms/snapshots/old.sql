{% snapshot orders_ts %}
{{ config(strategy='timestamp', unique_key='id', updated_at='updated_at', invalidate_hard_deletes=True) }}
select * from {{ ref('orders') }}
{% endsnapshot %}

{% snapshot orders_check %}
    {{ config(
        target_schema='other', target_database='parity', strategy='check', unique_key=['id', 'status'], check_cols=['status'],
        alias='orders_checked') }}
    select * from {{ source('raw', 'orders') }}
{% endsnapshot %}
