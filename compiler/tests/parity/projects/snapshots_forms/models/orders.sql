select 1 as id, 'new' as status, current_timestamp as updated_at
