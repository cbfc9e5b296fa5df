select
    customer_id,
    count(*) as sessions_30d,
    cast(avg(page_views) as double precision) as avg_page_views_30d,
    cast(avg(case when added_to_cart then 1.0 else 0.0 end) as double precision) as cart_rate_30d,
    cast(avg(case when ordered then 1.0 else 0.0 end) as double precision) as conversion_rate_30d,
    max(started_at_utc) as last_session_at
from {{ ref('stg_sessions') }}
where customer_id is not null -- visitors who did not log in
  and {{ in_last_days('started_at_utc', 30) }}
group by customer_id
