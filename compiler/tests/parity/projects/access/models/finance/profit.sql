{{ config(access='public', group='finance') }}
select * from {{ ref('revenue') }}
