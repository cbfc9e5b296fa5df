select 1 as w, 2 as h
