{{
    config(
        materialized='incremental',
        unique_key=['isbn', 'copy'],
        on_schema_change='append_new_columns',
        tags=['books', var('since')],
        pre_hook=["select 1", {"sql": "select {{ ref('stg_plain') }}", "transaction": False}],
        meta={'tier': 3, 'deep': {'a': [1, 2]}},
        group='collection',
        access='private'
    )
}}
select *, {{ cents('price') }} as price from {{ ref('stg_books') }} b join {{ ref('books') }} s using (isbn)
{% if is_incremental() %} where updated_at > (select max(updated_at) from {{ this }}) {% endif %}
