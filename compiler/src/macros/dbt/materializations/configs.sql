{#- `{% call set_sql_header(config) %} … {% endcall %}`: SQL to run in front of the model's own. -#}
{% macro set_sql_header(config) -%}
  {{ config.set('sql_header', caller()) }}
{%- endmacro %}


{#- Whether the node is to be built from nothing: its own `full_refresh` config, else the command's flag. -#}
{% macro should_full_refresh() %}
  {% set configured = config.get('full_refresh') %}
  {{ return(flags.FULL_REFRESH if configured is none else configured) }}
{% endmacro %}


{#- Whether a test keeps the rows it finds: its own `store_failures` config, else the command's flag. -#}
{% macro should_store_failures() %}
  {% set configured = config.get('store_failures') %}
  {{ return(flags.STORE_FAILURES if configured is none else configured) }}
{% endmacro %}
