{% set cols = ['id'] %}
select {{ cols | join(', ') }} from {{ ref('a') }}
