{{ dbt.except() }} {{ dbt.intersect() }} {{ dbt.date_spine('day', "cast('2020-01-01' as date)", "cast('2020-02-01' as date)") }} {{ dbt.generate_series(5) }}
