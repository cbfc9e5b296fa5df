select 1 as id, 'a' as name, 3 as extra
