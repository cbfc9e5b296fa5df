{{ config(alias='visits') }}
select 1 as visit_id, {{ var('opening_hour') }} as hour where {{ hours(var('opening_hour')) }}
