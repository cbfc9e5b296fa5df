select 1 as id, current_timestamp as created_at
