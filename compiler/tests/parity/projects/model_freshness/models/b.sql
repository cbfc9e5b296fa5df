{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='created_at', batch_size='day', begin='2024-01-01', lookback=3, unique_key='id') }}
select * from {{ ref('a') }}
