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


{#- The relation of another environment under this one's name: a copy where the warehouse can, a view elsewhere. What is
    there already stays, but for a full refresh. -#}
{% materialization clone, default -%}
  {%- if not defer_relation -%}
    {%- do log('No relation found in state manifest for ' ~ model.unique_id, info=true) -%}
    {{ return({'relations': []}) }}
  {%- endif -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set source_relation = load_cached_relation(defer_relation) -%}
  {%- if existing_relation and not flags.FULL_REFRESH -%}
    {%- do log('Relation ' ~ existing_relation ~ ' already exists', info=true) -%}
    {{ return({'relations': []}) }}
  {%- elif existing_relation and source_relation and existing_relation.render() == source_relation.render() -%}
    {#- A view of itself would take the place of the rows. Both names are the warehouse's, whatever the case of ours. -#}
    {%- do log('Target relation and defer relation are the same, skipping clone for relation: ' ~ this.render(), info=true) -%}
    {{ return({'relations': []}) }}
  {%- endif -%}

  {%- if source_relation is none or source_relation.type != 'table' or not can_clone_table() -%}
    {%- set view_name = 'materialization_view_' ~ adapter.type() -%}
    {%- set view = context[view_name if view_name in context else 'materialization_view_default'] -%}
    {{ return(view()) }}
  {%- endif -%}

  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if existing_relation is not none and not existing_relation.is_table -%}
    {%- do drop_relation_if_exists(existing_relation) -%}
  {%- endif -%}
  {% call statement('main') -%}
    {{ create_or_replace_clone(target_relation, defer_relation) }}
  {%- endcall %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
