{#- The macro of a strategy: snapshot_NAME_strategy, from a package where the name is PACKAGE.NAME. It is called with
    (node, snapshotted_rel, current_rel, model_config, target_exists) and returns {unique_key, updated_at, row_changed,
    scd_id, hard_deletes, invalidate_hard_deletes}. -#}
{% macro strategy_dispatch(name) -%}
  {%- if not name -%}
    {%- do exceptions.raise_compiler_error('a snapshot needs a strategy: timestamp or check') -%}
  {%- endif -%}
  {%- set scope = context -%}
  {%- set plain = name -%}
  {%- if '.' in name -%}
    {%- set parts = name.split('.') -%}
    {%- set scope = context.get(parts[0]) -%}
    {%- set plain = parts[1] -%}
    {%- if scope is none or scope is undefined -%}
      {%- do exceptions.raise_compiler_error("snapshot strategy '" ~ name ~ "': there is no package '" ~ parts[0] ~ "'") -%}
    {%- endif -%}
  {%- endif -%}
  {%- set found = scope.get('snapshot_' ~ plain ~ '_strategy') -%}
  {%- if found is none or found is undefined -%}
    {%- do exceptions.raise_compiler_error("there is no snapshot strategy '" ~ name ~ "': macro snapshot_" ~ plain ~ "_strategy is missing") -%}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}


{#- One text of several values. -#}
{% macro snapshot_hash_arguments(args) -%}
  {{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
  md5({% for arg in args %}coalesce(cast({{ arg }} as varchar), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}


{#- A row has changed when its `updated_at` is later than the start of the version at hand. -#}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set columns = get_snapshot_table_column_names() -%}
  {%- set unique_key = model_config.get('unique_key') -%}
  {%- set updated_at = model_config.get('updated_at') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(model_config) -%}
  {%- do snapshot_needs(unique_key, 'unique_key') -%}
  {%- do snapshot_needs(updated_at, 'updated_at') -%}
  {{ return({
      'unique_key': unique_key,
      'updated_at': updated_at,
      'row_changed': '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
      'scd_id': snapshot_hash_arguments(snapshot_keys(unique_key) + [updated_at]),
      'hard_deletes': hard_deletes,
      'invalidate_hard_deletes': hard_deletes == 'invalidate'
  }) }}
{% endmacro %}


{#- A row has changed when one of `check_cols` has. -#}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set unique_key = model_config.get('unique_key') -%}
  {%- set check_cols = model_config.get('check_cols') -%}
  {%- set updated_at = model_config.get('updated_at') or snapshot_get_time() | trim -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(model_config) -%}
  {%- do snapshot_needs(unique_key, 'unique_key') -%}
  {%- do snapshot_needs(check_cols, 'check_cols') -%}
  {%- set answer = snapshot_check_all_get_existing_columns(node, target_exists, check_cols) -%}
  {%- set conditions = [] -%}
  {%- if answer[0] -%}
    {%- do conditions.append('true') -%}
  {%- endif -%}
  {%- for name in answer[1] -%}
    {%- do conditions.append(snapshotted_rel ~ '.' ~ name ~ ' is distinct from ' ~ current_rel ~ '.' ~ name) -%}
  {%- endfor -%}
  {{ return({
      'unique_key': unique_key,
      'updated_at': updated_at,
      'row_changed': '(' ~ (conditions | join(' or ') or 'false') ~ ')',
      'scd_id': snapshot_hash_arguments(snapshot_keys(unique_key) + [updated_at]),
      'hard_deletes': hard_deletes,
      'invalidate_hard_deletes': hard_deletes == 'invalidate'
  }) }}
{% endmacro %}


{#- [whether the query has checked columns that the snapshot lacks, the checked columns that both have, ready for SQL]. -#}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- set checked = [] -%}
  {%- if check_cols_config == 'all' -%}
    {%- for name in get_columns_in_query(node['compiled_code']) -%}
      {%- do checked.append(adapter.quote(name)) -%}
    {%- endfor -%}
  {%- elif check_cols_config is string -%}
    {%- do exceptions.raise_compiler_error("check_cols is a list of columns or 'all', not '" ~ check_cols_config ~ "'") -%}
  {%- else -%}
    {%- set checked = check_cols_config -%}
  {%- endif -%}
  {%- if not target_exists -%}
    {{ return([false, checked]) }}
  {%- endif -%}

  {%- set present = [] -%}
  {%- for column in adapter.get_columns_in_relation(load_cached_relation(this)) -%}
    {%- do present.append(column.name | lower) -%}
  {%- endfor -%}
  {%- set shared = [] -%}
  {%- for name in checked -%}
    {%- if name | replace('"', '') | lower in present -%}
      {%- do shared.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return([shared | length < checked | length, shared]) }}
{%- endmacro %}


{#- A point in time, as SQL. -#}
{% macro snapshot_string_as_time(timestamp) -%}
  {{ adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) -%}
  {{ return("cast('" ~ timestamp ~ "' as timestamp)") }}
{%- endmacro %}


{% macro snapshot_keys(unique_key) -%}
  {{ return([unique_key] if unique_key is string else unique_key) }}
{%- endmacro %}


{% macro snapshot_needs(value, name) -%}
  {%- if not value -%}
    {%- do exceptions.raise_compiler_error('this snapshot needs the config ' ~ name) -%}
  {%- endif -%}
{%- endmacro %}
