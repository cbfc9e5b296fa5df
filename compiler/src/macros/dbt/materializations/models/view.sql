{#- A query under a name. What stood under the name before goes in the same transaction. -#}
{% materialization view, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set grant_config = config.get('grants') -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {%- set dependents = remember_dependents(existing_relation) -%}
  {%- set code = get_build_view_sql(existing_relation, target_relation, sql) -%}
  {% call statement('main', auto_begin=not stands_alone(code)) -%}
    {{ code }}
  {%- endcall %}
  {% do restore_dependents(dependents, target_relation) %}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- SQL that makes the view, whatever stands there now. -#}
{% macro get_build_view_sql(existing_relation, target_relation, sql) -%}
  {{- adapter.dispatch('get_build_view_sql', 'dbt')(existing_relation, target_relation, sql) -}}
{%- endmacro %}

{% macro default__get_build_view_sql(existing_relation, target_relation, sql) -%}
  {{ get_replace_sql(existing_relation, target_relation, sql) }}
{%- endmacro %}


{#- For custom materializations: a view in place of whatever stands there, as the built-in one makes it. -#}
{% macro create_or_replace_view() %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}

  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {{ get_build_view_sql(existing_relation, target_relation, sql) }}
  {%- endcall %}
  {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {{ run_hooks(post_hooks) }}

  {{ return({'relations': [target_relation]}) }}
{% endmacro %}


{#- For custom materializations: makes room for a view where a table stands. -#}
{% macro handle_existing_table(full_refresh, old_relation) %}
  {{ adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation) }}
{% endmacro %}

{% macro default__handle_existing_table(full_refresh, old_relation) %}
  {% do adapter.drop_relation(old_relation) %}
{% endmacro %}
