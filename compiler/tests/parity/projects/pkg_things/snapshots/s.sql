{% snapshot s %}{{ config(target_schema='x', strategy='check', unique_key='x', check_cols='all') }}select {{ kit.helper() }} as x from {{ ref('a') }}{% endsnapshot %}
