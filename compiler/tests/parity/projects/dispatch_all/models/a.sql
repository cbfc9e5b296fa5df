select {{ tools.greet('a') }} as g, {{ wrap() }} as w, {{ dbt.concat(["'a'", "'b'"]) }} as c,
  {{ dbt.datediff("a", "b", "day") }} as d, {{ tools.plain() }} as p
{% if execute %}{{ only_when_run() }}{% endif %}
