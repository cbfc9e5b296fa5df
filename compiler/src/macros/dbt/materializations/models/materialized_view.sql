{#- A query whose rows are kept and refreshed. A run refreshes what is there; it is made anew on a full refresh, where
    something else stands there, or where its configuration cannot be changed in place. -#}
{% materialization materialized_view, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='materialized_view') -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set build_sql = materialized_view_get_build_sql(existing_relation, target_relation, none, none) -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {%- if build_sql | trim -%}
    {%- set replaced = existing_relation is not none and (should_full_refresh() or not existing_relation.is_materialized_view) -%}
    {%- set dependents = remember_dependents(existing_relation if replaced else none) -%}
    {% call statement('main') -%}
      {{ build_sql }}
    {%- endcall %}
    {% do restore_dependents(dependents, target_relation) %}
  {%- else -%}
    {% do materialized_view_execute_no_op(target_relation) %}
  {%- endif -%}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=should_full_refresh())) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- SQL for this run; empty where changes are found that on_configuration_change says to leave. -#}
{% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) %}
  {%- if existing_relation is none -%}
    {{ return(get_create_materialized_view_as_sql(target_relation, sql)) }}
  {%- elif should_full_refresh() or not existing_relation.is_materialized_view -%}
    {%- do log('Applying REPLACE to: ' ~ target_relation) -%}
    {{ return(get_replace_sql(existing_relation, target_relation, sql)) }}
  {%- endif -%}
  {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
  {%- if changes is none -%}
    {%- do log('Applying REFRESH to: ' ~ target_relation) -%}
    {{ return(refresh_materialized_view(target_relation)) }}
  {%- endif -%}
  {%- set reaction = config.get('on_configuration_change') or 'apply' -%}
  {%- if reaction == 'apply' -%}
    {%- do log('Applying ALTER to: ' ~ target_relation) -%}
    {{ return(get_alter_materialized_view_as_sql(target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation)) }}
  {%- elif reaction == 'continue' -%}
    {%- do exceptions.warn('Configuration changes were identified and `on_configuration_change` was set to `continue` for `' ~ target_relation.render() ~ '`') -%}
    {{ return('') }}
  {%- elif reaction == 'fail' -%}
    {%- do exceptions.raise_compiler_error('Configuration changes were identified and `on_configuration_change` was set to `fail` for `' ~ target_relation.render() ~ '`') -%}
  {%- endif -%}
  {%- do exceptions.raise_compiler_error("on_configuration_change is one of apply, continue and fail, not '" ~ reaction ~ "'") -%}
{% endmacro %}


{#- Reports that nothing had to be done. -#}
{% macro materialized_view_execute_no_op(target_relation) %}
  {% do store_raw_result(name='main', message='skip ' ~ target_relation.render(), code='skip', rows_affected='-1') %}
{% endmacro %}


{% macro refresh_materialized_view(relation) -%}
  {{- adapter.dispatch('refresh_materialized_view', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__refresh_materialized_view(relation) -%}
  {%- do exceptions.raise_compiler_error(adapter.type() ~ ' has no materialized views') -%}
{%- endmacro %}


{#- What differs between the configuration and what stands there; none where nothing does. -#}
{% macro get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {{- return(adapter.dispatch('get_materialized_view_configuration_changes', 'dbt')(existing_relation, new_config)) -}}
{%- endmacro %}

{% macro default__get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {{- return(none) -}}
{%- endmacro %}


{% macro get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -%}
  {{- adapter.dispatch('get_alter_materialized_view_as_sql', 'dbt')(
      relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
  ) -}}
{%- endmacro %}

{% macro default__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -%}
  {{ get_replace_sql(existing_relation, relation, sql) }}
{%- endmacro %}
