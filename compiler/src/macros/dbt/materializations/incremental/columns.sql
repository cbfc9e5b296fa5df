{% macro get_quoted_csv(column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{% endmacro %}


{#- Those source columns whose names, whatever their case, the target does not have. -#}
{% macro diff_columns(source_columns, target_columns) %}
  {%- set known = [] -%}
  {%- for column in target_columns -%}
    {%- do known.append(column.name | lower) -%}
  {%- endfor -%}
  {%- set missing = [] -%}
  {%- for column in source_columns -%}
    {%- if column.name | lower not in known -%}
      {%- do missing.append(column) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(missing) }}
{% endmacro %}


{#- Columns of both whose types differ: [{column_name, new_type}], the name as the target spells it. -#}
{% macro diff_column_data_types(source_columns, target_columns) %}
  {{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}
{% endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {%- set changed = [] -%}
  {%- for source in source_columns -%}
    {%- for target in target_columns -%}
      {%- if source.name | lower == target.name | lower
          and source.data_type != target.data_type
          and not target.can_expand_to(other_column=source) -%}
        {%- do changed.append({'column_name': target.name, 'new_type': source.data_type}) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(changed) }}
{% endmacro %}


{#- Names, quoted where need be, of the columns that a merge writes to rows that are there. -#}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) }}
{% endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {%- do exceptions.raise_compiler_error('a model has merge_update_columns or merge_exclude_columns, not both') -%}
  {%- elif merge_update_columns -%}
    {{ return(merge_update_columns) }}
  {%- endif -%}
  {%- set excluded = [] -%}
  {%- for name in merge_exclude_columns or [] -%}
    {%- do excluded.append(name | lower) -%}
  {%- endfor -%}
  {%- set names = [] -%}
  {%- for column in dest_columns -%}
    {%- if column.name | lower not in excluded -%}
      {%- do names.append(column.quoted) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(names) }}
{% endmacro %}
