{#- A table from a query, built beside the old one and swapped in. -#}
{% materialization table, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set grant_config = config.get('grants') -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {% do before_build(target_relation) %}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {% do build_table(target_relation, existing_relation, sql) %}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
