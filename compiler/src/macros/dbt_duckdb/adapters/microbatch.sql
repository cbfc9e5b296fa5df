{#- A batch replaces all rows of its window of event time, so a key would mislead. -#}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
  {%- set event_time = config.get('event_time') -%}
  {%- if config.get('unique_key') -%}
    {% do exceptions.raise_compiler_error(
        "microbatch incremental strategy does not support 'unique_key': the rows of a batch are replaced by 'event_time'. "
        ~ "Leave it out, or use incremental_strategy='merge'"
    ) %}
  {%- endif -%}
  {%- if not model.batch -%}
    {% do exceptions.raise_compiler_error("the strategy microbatch works on batches only, and this is none") %}
  {%- endif -%}
  {%- set names = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  {%- set window -%}
    {{ event_time }} >= '{{ model.batch.event_time_start }}' and {{ event_time }} < '{{ model.batch.event_time_end }}'
  {%- endset %}
  delete from {{ arg_dict['target_relation'] }}
  where {{ window }}
  {%- for predicate in arg_dict['incremental_predicates'] or [] %}
    and ({{ predicate }})
  {%- endfor %};

  insert into {{ arg_dict['target_relation'] }} ({{ names }})
  select {{ names }}
  from {{ arg_dict['temp_relation'] }}
  where {{ window }}
{% endmacro %}
