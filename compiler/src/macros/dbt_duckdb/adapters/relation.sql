{#- Temporary tables live in a catalog of their own. -#}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
  {% do return(api.Relation.create(
      database='temp', schema='main', identifier=base_relation.identifier ~ suffix ~ run_suffix(), type='table'
  )) %}
{% endmacro %}


{#- DuckDB does not rename a table that has indexes, so the new one gets its own after the swap. -#}
{% macro duckdb__swap_in_relation(intermediate_relation, target_relation, existing_relation) %}
  {% do drop_relation_if_exists(existing_relation) %}
  {% do adapter.rename_relation(intermediate_relation, target_relation) %}
  {% do create_indexes(target_relation) %}
{% endmacro %}


{#- The columns of a contract are created first, and the rows come after. -#}
{% macro duckdb__creates_at_once() %}
  {%- set contract = config.get('contract') -%}
  {{ return(not (contract and contract.enforced)) }}
{% endmacro %}


{#- DuckDB runs one statement whole or not at all; a transaction around it costs as much as a small view. -#}
{% macro duckdb__stands_alone(code) %}
  {%- set one = ';' not in code.strip().rstrip(';') -%}
  {%- set hooks = (pre_hooks + post_hooks) | selectattr('transaction', 'equalto', true) | list -%}
  {%- set more = hooks or config.get('grants') or config.get('indexes')
      or config.persist_relation_docs() or config.persist_column_docs() -%}
  {{ return(one and not more) }}
{% endmacro %}


{% macro duckdb__create_table_as(temporary, relation, sql) -%}
  {#- A temporary table made for a plain relation gets no more than its name: it cannot be in that relation's schema. -#}
  {%- if temporary and relation.database != 'temp' -%}
    {%- set relation = relation.include(database=false, schema=false) -%}
  {%- endif -%}
  {{ default__create_table_as(temporary, relation, sql) }}
{%- endmacro %}


{#- `create or replace` is atomic for a view in place of a view. -#}
{% macro duckdb__get_build_view_sql(existing_relation, target_relation, sql) -%}
  {%- if existing_relation is not none and not existing_relation.is_view %}
  {{ get_drop_sql(existing_relation) }};
  {%- endif %}
  {{ get_create_view_as_sql(target_relation, sql) }}
{%- endmacro %}


{% macro duckdb__create_view_as(relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {{ config.get('sql_header') or '' }}
  {%- if contract and contract.enforced %}
  {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  create or replace view {{ relation.render() }} as (
  {{ sql }}
  );
{%- endmacro %}


{#- A foreign key points into its own catalog, which the statement must not name. -#}
{% macro duckdb__foreign_key_relation(to) -%}
  {%- for catalog in [adapter.quote(this.database), this.database] -%}
    {%- if to.startswith(catalog ~ '.') -%}
      {{ return(to[catalog | length + 1:]) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(to) }}
{%- endmacro %}
