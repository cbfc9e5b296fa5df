{{ config(post_hook={"sql": "select * from {{ ref('a') }}", "transaction": False}) }}
select 2 as id
