{#- dbt-duckdb has these two of its own, so that a project's `default` does not take their place. -#}
{% materialization table, adapter='duckdb' -%}
  {{ return(dbt.materialization_table_default()) }}
{%- endmaterialization %}


{% materialization incremental, adapter='duckdb' -%}
  {{ return(dbt.materialization_incremental_default()) }}
{%- endmaterialization %}
