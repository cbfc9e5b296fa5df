select {{ first() }} as id, {{ spaced() }} as n
