{#- The configured answer to changed columns; a warning and the default where it is none of the four. -#}
{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
    {{ return(on_schema_change) }}
  {%- endif -%}
  {%- if on_schema_change -%}
    {%- do exceptions.warn("on_schema_change is '" ~ on_schema_change ~ "', which is none of ignore, fail, append_new_columns and sync_all_columns; '" ~ default ~ "' is used") -%}
  {%- endif -%}
  {{ return(default) }}
{% endmacro %}


{#- Compares the columns of the new rows with the table's: {schema_changed, source_not_in_target,
    target_not_in_source, source_columns, target_columns, new_target_types}. -#}
{% macro check_for_schema_changes(source_relation, target_relation) %}
  {{ return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) }}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {%- set source_columns = adapter.get_columns_in_relation(source_relation) -%}
  {%- set target_columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- set added = diff_columns(source_columns, target_columns) -%}
  {%- set removed = diff_columns(target_columns, source_columns) -%}
  {%- set retyped = diff_column_data_types(source_columns, target_columns) -%}
  {{ return({
      'schema_changed': added | length + removed | length + retyped | length > 0,
      'source_not_in_target': added,
      'target_not_in_source': removed,
      'source_columns': source_columns,
      'target_columns': target_columns,
      'new_target_types': retyped
  }) }}
{% endmacro %}


{#- Changes the table's columns as the comparison says. -#}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {{ return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) }}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set added = schema_changes_dict['source_not_in_target'] -%}
  {%- if on_schema_change == 'append_new_columns' -%}
    {%- if added | length > 0 -%}
      {%- do alter_relation_add_remove_columns(target_relation, added, none) -%}
    {%- endif -%}
  {%- elif on_schema_change == 'sync_all_columns' -%}
    {%- set removed = schema_changes_dict['target_not_in_source'] -%}
    {%- if added | length > 0 or removed | length > 0 -%}
      {%- do alter_relation_add_remove_columns(target_relation, added, removed) -%}
    {%- endif -%}
    {%- for change in schema_changes_dict['new_target_types'] -%}
      {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}


{#- Does what on_schema_change asks and hands back the columns to insert; none where the table's own are meant. -#}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {{ return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) }}
{% endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}
    {{ return({}) }}
  {%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes['schema_changed'] -%}
    {%- if on_schema_change == 'fail' -%}
      {%- do exceptions.raise_compiler_error(
          'the columns of ' ~ target_relation.render() ~ ' and of its query differ, and on_schema_change is fail'
          ~ '\n  only in the query: ' ~ (changes['source_not_in_target'] | map(attribute='name') | join(', ') or 'none')
          ~ '\n  only in the table: ' ~ (changes['target_not_in_source'] | map(attribute='name') | join(', ') or 'none')
          ~ '\n  of another type: ' ~ (changes['new_target_types'] | map(attribute='column_name') | join(', ') or 'none')
          ~ '\nchange the query, set on_schema_change to append_new_columns or sync_all_columns, or run with --full-refresh'
      ) -%}
    {%- endif -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {{ return(changes['source_columns']) }}
{% endmacro %}
