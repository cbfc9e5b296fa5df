select {{ first(1) }} as x
