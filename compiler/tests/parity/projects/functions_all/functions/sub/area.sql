{{ config(volatility='deterministic', meta={'f': 1}) }}
select sum(w * h) from {{ ref('shapes') }}
