select '{{ var("package_var") }}' as p, '{{ var("only") }}' as o, '{{ var("everywhere") }}' as e, '{{ var("flat") }}' as f
