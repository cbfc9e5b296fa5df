{{ config(**{'pre-hook': 'select 1', 'post_hook': 'select 2'}) }}
select 1 as id
