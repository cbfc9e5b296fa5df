{#- A batch updates the rows whose key is there and adds the others. -#}
{% macro postgres__get_incremental_microbatch_sql(arg_dict) %}
  {%- if not arg_dict['unique_key'] -%}
    {% do exceptions.raise_compiler_error("on PostgreSQL the strategy microbatch needs a 'unique_key'") %}
  {%- endif -%}
  {{ return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) }}
{% endmacro %}
