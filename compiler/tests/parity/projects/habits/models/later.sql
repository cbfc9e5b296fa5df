{{ config(enabled=var('later', false)) }}
select {{ var('is_nowhere') }} as id, {{ inner.is_nowhere('x') }} as n
from {{ ref('a') }}
