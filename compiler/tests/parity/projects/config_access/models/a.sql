{{ config(materialized='table', meta={'own': 'x'}, custom_key={'a': [1, 2]}, event_time='at', batch_size='day', begin='2024-01-01', lookback=2, full_refresh=none, incremental_strategy='append', on_configuration_change='fail', concurrent_batches=true) }}
{% set o = config.get('materialized', default='view') %}
select '{{ config.get("nothing", "d") }}' as d, '{{ config.require("materialized") }}' as m, '{{ config.meta_get("owner", "none") }}' as w, '{{ config.meta_get("missing", "fb") }}' as f
