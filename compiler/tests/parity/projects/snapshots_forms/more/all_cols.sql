{%- snapshot all_cols -%}
{{ config(strategy='check', unique_key="id || '-' || status", check_cols='all', enabled=true) }}
select * from {{ ref('orders') }}
{%- endsnapshot -%}
{% snapshot switched_off %}
{{ config(strategy='check', unique_key='id', check_cols='all', enabled=false) }}
select 1 as id
{% endsnapshot %}
