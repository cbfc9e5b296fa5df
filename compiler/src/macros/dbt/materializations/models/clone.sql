{#- Whether the warehouse copies a table without copying its rows. -#}
{% macro can_clone_table() %}
  {{ return(adapter.dispatch('can_clone_table', 'dbt')()) }}
{% endmacro %}

{% macro default__can_clone_table() %}
  {{ return(false) }}
{% endmacro %}


{% macro create_or_replace_clone(this_relation, defer_relation) %}
  {{ return(adapter.dispatch('create_or_replace_clone', 'dbt')(this_relation, defer_relation)) }}
{% endmacro %}

{% macro default__create_or_replace_clone(this_relation, defer_relation) %}
  create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
{% endmacro %}


{#- The relation of another environment under this one's name: a copy where the warehouse can, a view elsewhere. -#}
{% materialization clone, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set source_relation = none -%}
  {%- if defer_relation -%}
    {%- set source_relation = adapter.get_relation(defer_relation.database, defer_relation.schema, defer_relation.identifier) -%}
  {%- endif -%}

  {%- if source_relation is none -%}
    {% call noop_statement('main', 'no relation to clone') %}{% endcall %}
    {{ return({'relations': []}) }}
  {%- elif existing_relation and not flags.FULL_REFRESH -%}
    {% call noop_statement('main', 'already there') %}{% endcall %}
    {{ return({'relations': [existing_relation]}) }}
  {%- endif -%}

  {%- if can_clone_table() and source_relation.type == 'table' -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {% call statement('main') -%}
      {{ create_or_replace_clone(target_relation, source_relation) }}
    {%- endcall %}
  {%- else -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {% call statement('main') -%}
      {{ get_build_view_sql(existing_relation, target_relation, 'select * from ' ~ source_relation.render()) }}
    {%- endcall %}
  {%- endif -%}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
