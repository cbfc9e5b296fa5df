{{ config(severity='error', warn_if='>2', error_if='>5', fail_calc='max(id)', store_failures=true, alias='lossy') }}
select * from {{ ref('a') }} where id < 0;
