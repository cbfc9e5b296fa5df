-- How far the last 7 days of the daily features have moved from the 28 days before them: for each feature both
-- means, the difference in standard deviations of the older days, and a verdict. Run what `refract compile`
-- leaves in target/compiled, or `refract show --select feature_drift_check`.
with daily as (

    select
        feature_date,
        count(*) as buying_customers,
        cast(sum(orders_today) as double precision) / count(*) as orders_per_customer,
        cast(sum(revenue_today) as double precision) / sum(orders_today) as revenue_per_order,
        cast(sum(categories_today) as double precision) / count(*) as categories_per_customer
    from {{ ref('fct_daily_user_features') }}
    -- today is not over
    where feature_date < {{ utc_date(as_of()) }}
      and feature_date >= {{ utc_date(as_of()) }} - 35
    group by feature_date

),

measures as (
    {% set features = ['buying_customers', 'orders_per_customer', 'revenue_per_order', 'categories_per_customer'] %}
    {% for feature in features %}
    select
        '{{ feature }}' as feature,
        cast({{ feature }} as double precision) as measured,
        feature_date >= {{ utc_date(as_of()) }} - 7 as is_recent
    from daily
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

compared as (

    select
        feature,
        avg(case when not is_recent then measured end) as baseline_mean,
        stddev_samp(case when not is_recent then measured end) as baseline_deviation,
        avg(case when is_recent then measured end) as recent_mean
    from measures
    group by feature

)

select
    feature,
    baseline_mean,
    recent_mean,
    (recent_mean - baseline_mean) / nullif(baseline_deviation, 0) as shift_in_deviations,
    case
        when abs(recent_mean - baseline_mean) > 3 * baseline_deviation then 'drifted'
        when abs(recent_mean - baseline_mean) > 2 * baseline_deviation then 'look'
        else 'steady'
    end as verdict
from compared
order by feature
