select {{ dbt.any_value('x') }} a1, {{ dbt.bool_or('x') }} a2, {{ dbt.cast('x', 'int') }} a3, {{ dbt.cast_bool_to_text('x') }} a4,
 {{ dbt.concat(['x', 'y']) }} a5, {{ dbt.date('2020', '1', '2') if dbt.date is defined else 'x' }} a6, {{ dbt.date_trunc('day', 'x') }} a7,
 {{ dbt.dateadd('day', 1, 'x') }} a8, {{ dbt.datediff('x', 'y', 'month') }} a9, {{ dbt.escape_single_quotes("it's") }} b1, {{ dbt.hash('x') }} b2,
 {{ dbt.last_day('x', 'month') }} b3, {{ dbt.length('x') }} b4, {{ dbt.listagg('x', "','", 'order by x', 3) }} b5, {{ dbt.position('x', 'y') }} b6,
 {{ dbt.replace('x', 'y', 'z') }} b7, {{ dbt.right('x', 2) }} b8, {{ dbt.safe_cast('x', 'int') }} b9, {{ dbt.split_part('x', "','", 1) }} c1,
 {{ dbt.string_literal('q') }} c2, {{ dbt.type_string() }} c3, {{ dbt.type_timestamp() }} c4, {{ dbt.type_float() }} c5, {{ dbt.type_numeric() }} c6,
 {{ dbt.type_bigint() }} c7, {{ dbt.type_int() }} c8, {{ dbt.type_boolean() }} c9, {{ dbt.array_construct([1, 2], dbt.type_int()) }} d1,
 {{ dbt.array_append('x', 1) }} d2, {{ dbt.array_concat('x', 'y') }} d3, {{ dbt.current_timestamp() }} d4
