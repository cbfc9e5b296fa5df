{% snapshot books_history %}
{{ config(unique_key='isbn', strategy='check', check_cols=['title'], target_database=target.database) }}
select * from {{ ref('books') }}
{% endsnapshot %}

{% snapshot loans_history %}
    {{ config(unique_key='loan_id', strategy='timestamp', updated_at='updated_at', target_schema='kept') }}
    select * from {{ source('desk', 'loans') }}
{% endsnapshot %}
