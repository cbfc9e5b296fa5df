select 1 as id, {'a': 1, 'b': [1, 2]} as s, current_date as d
