{{ config(
    tags=['x', "y"],
    grants={'select': ['a', 'b']},
    persist_docs={'relation': true},
    packages=['p'],
    sql_header="set x = 1;",
    freshness={'build_after': {'count': 4, 'period': 'hour', 'updates_on': 'all'}}
) }}
select 1 as id
