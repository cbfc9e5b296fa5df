select {{ kit.helper() }} as x
