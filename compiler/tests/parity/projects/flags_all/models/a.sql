select {{ local_md5('x') | length }} as n, '{{ dbt_version[:1] }}' as v, '{{ target.type }}' as t, '{{ model.name }}' as m, {{ flags.FULL_REFRESH }} as f
