{#- A query with parameters that is read as `{{ ref('name') }}(arguments)`. It finds its tables when it is read, so that
    columns which are added to them show without making it anew. -#}
{% materialization table_function, adapter='duckdb' -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set parameters = config.get('parameters') or '' -%}
  {%- if parameters is sequence and parameters is not string -%}
    {%- set parameters = parameters | join(', ') -%}
  {%- endif -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {% call statement('main') -%}
    create or replace function {{ target_relation.render() }}({{ parameters }}) as table (
      {{ sql }}
    );
  {%- endcall %}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}
  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}
