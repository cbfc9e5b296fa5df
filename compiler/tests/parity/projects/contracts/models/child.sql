{{ config(materialized='incremental', on_schema_change='append_new_columns', unique_key='id') }}
select 1 as id, 1 as parent_id, 2.5::decimal(10,2) as amount, cast('2020-01-01' as timestamp) as at
