{{ config(severity='warn', store_failures=false, tags='nightly', error_if='>10', group='collection') }}
select * from {{ ref('dim_books') }} where lost
