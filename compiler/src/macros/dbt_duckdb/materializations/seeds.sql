{#- DuckDB's own reader of CSV files, which dbt's adapter uses unless `fast` is off, takes texts as they are written: the word `null` is one. -#}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
  {%- if config.get('fast', true) -%}
    {{ return(dbt.default__load_csv_rows(model, agate_table, verbatim=true)) }}
  {%- endif -%}
  {{ return(default__load_csv_rows(model, agate_table)) }}
{%- endmacro %}
