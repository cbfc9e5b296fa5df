{#- SQL that creates a relation of its type from a query. -#}
{% macro get_create_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_sql(relation, sql) -%}
  {%- if relation.is_view -%}
    {{ get_create_view_as_sql(relation, sql) }}
  {%- elif relation.is_materialized_view -%}
    {{ get_create_materialized_view_as_sql(relation, sql) }}
  {%- else -%}
    {{ get_create_table_as_sql(false, relation, sql) }}
  {%- endif -%}
{%- endmacro %}


{% macro get_create_table_as_sql(temporary, relation, sql) -%}
  {{- adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_table_as_sql(temporary, relation, sql) -%}
  {{ create_table_as(temporary, relation, sql) }}
{%- endmacro %}


{% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {%- if language != 'sql' -%}
    {%- do exceptions.raise_compiler_error('a table can be made from SQL only, and this model is written in ' ~ language) -%}
  {%- endif -%}
  {{- adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code) -}}
{%- endmacro %}

{% macro default__create_table_as(temporary, relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {{ config.get('sql_header') or '' }}
  {%- if contract and contract.enforced and not temporary %}
  {{ get_assert_columns_equivalent(sql) }}
  create table {{ relation.render() }}
  {{ get_table_columns_and_constraints() }};
  insert into {{ relation.render() }} ({{ contract_column_names() }}) (
  {{ get_select_subquery(sql) }}
  );
  {%- else %}
  {%- if contract and contract.enforced %}
  {{ get_assert_columns_equivalent(sql) }}
  {%- set sql = get_select_subquery(sql) -%}
  {%- endif %}
  create {% if temporary %}temporary {% endif %}table {{ relation.render() }} as (
  {{ sql }}
  );
  {%- endif %}
{%- endmacro %}


{#- The contract's columns, in its order, from a query whose own order may differ. -#}
{% macro get_select_subquery(sql) -%}
  {{- adapter.dispatch('get_select_subquery', 'dbt')(sql) -}}
{%- endmacro %}

{% macro default__get_select_subquery(sql) -%}
  select {{ contract_column_names() }}
  from (
  {{ sql }}
  ) as model_subq
{%- endmacro %}


{% macro get_create_view_as_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_view_as_sql(relation, sql) -%}
  {{ create_view_as(relation, sql) }}
{%- endmacro %}


{% macro create_view_as(relation, sql) -%}
  {{- adapter.dispatch('create_view_as', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__create_view_as(relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {{ config.get('sql_header') or '' }}
  {%- if contract and contract.enforced %}
  {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  create view {{ relation.render() }} as (
  {{ sql }}
  );
{%- endmacro %}


{% macro get_create_materialized_view_as_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_materialized_view_as_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_materialized_view_as_sql(relation, sql) -%}
  {%- do exceptions.raise_compiler_error(adapter.type() ~ ' has no materialized views') -%}
{%- endmacro %}


{% macro get_create_intermediate_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_intermediate_sql(relation, sql) -%}
  {{ get_create_sql(make_intermediate_relation(relation), sql) }}
{%- endmacro %}


{% macro get_create_backup_sql(relation) -%}
  {{- adapter.dispatch('get_create_backup_sql', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__get_create_backup_sql(relation) -%}
  {{ get_rename_sql(relation, make_backup_relation(relation, relation.type).identifier) }}
{%- endmacro %}
