-- {{ ref('a') }}
{# {{ ref('nothing') }} #}
select {{ ref('a').identifier }} as i, {{ ref('v', version=1).include(database=false) }} as j, {{ ref('a') | upper }} as k
