a > 0 and {{ var('x', 1) }} = 1
