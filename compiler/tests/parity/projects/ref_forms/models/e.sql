{{ config(materialized='view') }}
{{ config(alias='e_' ~ model.name, schema=target.schema ~ '_x') }}
select * from {{ my_ref('a') }} {{ builtins.ref('b') }}
