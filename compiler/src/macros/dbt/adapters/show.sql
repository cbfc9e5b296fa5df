{#- The first rows of a query, for `show`. -#}
{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {%- if sql_header is not none -%}
    {{ sql_header }}
  {%- endif %}
  {{ get_limit_subquery_sql(compiled_code, limit) }}
{%- endmacro %}


{#- A query cut to `limit` rows; all of it where `limit` is none. -#}
{% macro get_limit_subquery_sql(sql, limit) -%}
  {{ adapter.dispatch('get_limit_sql', 'dbt')(sql, limit) }}
{%- endmacro %}

{% macro default__get_limit_sql(sql, limit) %}
  {%- if limit is none -%}
  {{ sql }}
  {%- else -%}
  select * from (
  {{ sql }}
  ) as __dbt_limited
  limit {{ limit }}
  {%- endif -%}
{% endmacro %}
