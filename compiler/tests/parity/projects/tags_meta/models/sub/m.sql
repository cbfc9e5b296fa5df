{{ config(tags="file", meta={"c": 3}) }}
{{ config(tags=["second"], meta={"d": 4}) }}
select 1 as id
