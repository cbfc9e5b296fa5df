{#- Counts what a test's query finds. Where failures are stored, the rows go into a relation first. -#}
{% materialization test, default -%}
  {%- set relations = [] -%}
  {%- set limit = config.get('limit') -%}
  {%- set store_as = config.get('store_failures_as') or 'table' -%}

  {%- if should_store_failures() and store_as != 'ephemeral' -%}
    {%- if store_as not in ['table', 'view'] -%}
      {%- do exceptions.raise_compiler_error("store_failures_as is one of table, view and ephemeral, not '" ~ store_as ~ "'") -%}
    {%- endif -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type=store_as) -%}
    {%- set failing_rows = get_limit_subquery_sql(sql, limit) if limit is not none else sql -%}
    {% call statement(auto_begin=true) -%}
      {{ get_replace_sql(existing_relation, target_relation, failing_rows) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {%- do relations.append(target_relation) -%}
    {%- set main_sql = 'select * from ' ~ target_relation.render() -%}
  {%- else -%}
    {%- set main_sql = sql -%}
  {%- endif -%}

  {% call statement('main', fetch_result=true, auto_begin=false) -%}
    {{ get_test_sql(main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit) }}
  {%- endcall %}

  {{ return({'relations': relations}) }}
{%- endmaterialization %}


{#- One row: the number of failures and whether that is a warning, whether it is an error. -#}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  {{ adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
  from (
  {{ get_limit_subquery_sql(main_sql, limit) if limit is not none else main_sql }}
  ) as dbt_internal_test
{%- endmacro %}


{#- What a generic test reads: the relation, or those of its rows that the test's `where` lets through. -#}
{% macro get_where_subquery(relation) -%}
  {{ return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if where -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery') }}
  {%- endif -%}
  {{ return(relation) }}
{%- endmacro %}
