{% set names = ['a', 'v'] %}
{% for n in names %}select id from {{ ref(n) }} {{ 'union all' if not loop.last }}{% endfor %}
