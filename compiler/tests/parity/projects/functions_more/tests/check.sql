select 1 where {{ function('functions_more', 'helper') }}(1) = 0
