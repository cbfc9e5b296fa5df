{#- A table that keeps every version of a row: versions that end get an end, versions that begin are added. -#}
{% materialization snapshot, default -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set target_exists = existing_relation is not none -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set strategy_macro = strategy_dispatch(config.get('strategy')) -%}

  {%- if target_exists and not existing_relation.is_table -%}
    {%- do exceptions.raise_compiler_error('cannot snapshot into ' ~ existing_relation.render() ~ ': it is a ' ~ existing_relation.type) -%}
  {%- endif -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {%- set strategy = strategy_macro(model, 'snapshotted_data', 'source_data', model['config'], target_exists) -%}

  {%- if not target_exists -%}
    {%- set built = build_snapshot_table(strategy, model['compiled_code']) -%}
    {%- do check_time_data_types(built) -%}
    {% call statement('main') -%}
      {{ get_create_table_as_sql(false, target_relation, built) }}
    {%- endcall %}
    {% do create_indexes(target_relation) %}
  {%- else -%}
    {%- do check_snapshot_target(target_relation) -%}
    {%- set staging_relation = build_snapshot_staging_table(strategy, model['compiled_code'], target_relation) -%}
    {% do adapter.expand_target_column_types(from_relation=staging_relation, to_relation=target_relation) %}

    {%- do check_time_data_types('select * from ' ~ staging_relation) -%}

    {%- set source_columns = snapshot_source_columns(staging_relation) -%}
    {% do create_columns(target_relation, diff_columns(source_columns, adapter.get_columns_in_relation(target_relation))) %}
    {%- set quoted_columns = [] -%}
    {%- for column in source_columns -%}
      {%- do quoted_columns.append(adapter.quote(column.name)) -%}
    {%- endfor -%}

    {% call statement('main') -%}
      {{ snapshot_merge_sql(target=target_relation, source=staging_relation, insert_cols=quoted_columns) }}
    {%- endcall %}
    {% do post_snapshot(staging_relation) %}
  {%- endif -%}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(target_exists, full_refresh_mode=false)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Warns where the rows' own times, in `sql`, are of another type than the snapshot's clock. -#}
{% macro check_time_data_types(sql) %}
  {%- set clock = get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as time_of_snapshot')[0].dtype -%}
  {%- for column in get_column_schema_from_query(sql) if column.name in ['dbt_updated_at', 'DBT_UPDATED_AT'] -%}
    {%- if column.dtype != clock -%}
      {%- do exceptions.warn_snapshot_timestamp_data_types(clock, column.dtype) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}


{#- Columns of the staging table that go into the snapshot. -#}
{% macro snapshot_source_columns(staging_relation) %}
  {%- set columns = [] -%}
  {%- for column in adapter.get_columns_in_relation(staging_relation) -%}
    {%- set name = column.name | lower -%}
    {%- if name not in ['dbt_change_type', 'dbt_new_scd_id'] and not name.startswith('dbt_unique_key') -%}
      {%- do columns.append(column) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(columns) }}
{% endmacro %}


{#- A table that lacks the columns which snapshots write is not a snapshot. -#}
{% macro check_snapshot_target(relation) %}
  {%- set needed = ['dbt_scd_id', 'dbt_updated_at', 'dbt_valid_from', 'dbt_valid_to'] -%}
  {%- if adapter.get_hard_deletes_behavior(config) == 'new_record' -%}
    {%- do needed.append('dbt_is_deleted') -%}
  {%- endif -%}
  {%- do require_snapshot_columns(relation, get_snapshot_table_column_names(), needed) -%}
{% endmacro %}


{#- An error where the relation lacks one of these columns. `column_names` has what they are called, if anything else. -#}
{% macro require_snapshot_columns(relation, column_names, needed) %}
  {%- if relation is string or relation is none -%}
    {%- do exceptions.raise_compiler_error("the argument 'relation' must be a relation, not " ~ relation) -%}
  {%- endif -%}
  {%- set present = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- do present.append(column.name | lower) -%}
  {%- endfor -%}
  {%- set missing = [] -%}
  {%- for key in needed -%}
    {%- set name = column_names[key] if column_names else key -%}
    {%- if name and name | lower not in present -%}
      {%- do missing.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if missing | length > 0 -%}
    {%- do exceptions.raise_compiler_error(relation.render() ~ ' lacks columns that a snapshot has: ' ~ missing | join(', ') ~ '; add them, name them in snapshot_meta_column_names, or give the snapshot another alias') -%}
  {%- endif -%}
{% endmacro %}


{#- `adapter.valid_snapshot_target`. -#}
{% macro valid_snapshot_target(relation, column_names=none) %}
  {%- do require_snapshot_columns(relation, column_names, ['dbt_scd_id', 'dbt_valid_from', 'dbt_valid_to']) -%}
  {{ return(none) }}
{% endmacro %}


{#- `adapter.assert_valid_snapshot_target_given_strategy`. -#}
{% macro assert_valid_snapshot_target_given_strategy(relation, column_names, strategy) %}
  {%- do valid_snapshot_target(relation, column_names) -%}
  {%- if strategy.get('hard_deletes') == 'new_record' -%}
    {%- do require_snapshot_columns(relation, column_names, ['dbt_is_deleted']) -%}
  {%- endif -%}
  {{ return(none) }}
{% endmacro %}


{#- What the columns that snapshots write are called. -#}
{% macro get_snapshot_table_column_names() %}
  {%- set names = {} -%}
  {%- set configured = config.get('snapshot_meta_column_names') or {} -%}
  {%- for name in ['dbt_valid_to', 'dbt_valid_from', 'dbt_scd_id', 'dbt_updated_at', 'dbt_is_deleted'] -%}
    {%- do names.update({name: configured[name] or name}) -%}
  {%- endfor -%}
  {{ return(names) }}
{% endmacro %}


{#- What happens to rows that the source no longer has: ignore, invalidate or new_record.
    `adapter.get_hard_deletes_behavior`. -#}
{% macro get_hard_deletes_behavior(config) %}
  {%- set configured = config.get('hard_deletes') -%}
  {%- set older = config.get('invalidate_hard_deletes') -%}
  {%- if configured is not none and older is not none -%}
    {%- do exceptions.raise_compiler_error('a snapshot has hard_deletes or the older invalidate_hard_deletes, not both') -%}
  {%- elif older -%}
    {{ return('invalidate') }}
  {%- elif configured is not none and configured not in ['ignore', 'invalidate', 'new_record'] -%}
    {%- do exceptions.raise_compiler_error("hard_deletes is one of ignore, invalidate and new_record, not '" ~ configured ~ "'") -%}
  {%- endif -%}
  {{ return(configured or 'ignore') }}
{% endmacro %}


{% macro create_columns(relation, columns) %}
  {{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}
{% endmacro %}

{% macro default__create_columns(relation, columns) %}
  {% if columns | length > 0 %}
    {% do alter_relation_add_remove_columns(relation, columns, none) %}
  {% endif %}
{% endmacro %}


{#- Called when the rows are in, with the staging table. -#}
{% macro post_snapshot(staging_relation) %}
  {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{% endmacro %}

{% macro default__post_snapshot(staging_relation) %}
  {% do adapter.drop_relation(staging_relation) %}
{% endmacro %}
