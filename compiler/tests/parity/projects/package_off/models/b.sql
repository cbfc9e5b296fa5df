{{ config(materialized="table", description='first \
    second', meta={'q': 'it\'s', 'n': "a\nb", 't': 'tab\tx', 'd': "x\"y"}, alias='b\\c') }}
select * from {{ ref('a') }}
