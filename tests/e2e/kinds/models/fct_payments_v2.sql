{% set methods = ['card', 'voucher'] %}

select
    order_id,
    {% for method in methods %}
    sum(case when method = '{{ method }}' then amount else 0 end) as {{ method }}_amount,
    {% endfor %}
    sum(amount) as amount,
    max(paid_on) as paid_on
from {{ ref('stg_payments') }}
group by order_id
