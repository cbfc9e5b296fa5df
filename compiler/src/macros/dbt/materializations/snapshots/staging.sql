{#- The first version of every row. -#}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set columns = get_snapshot_table_column_names() %}
  select
    *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) }}
    {%- if strategy.hard_deletes == 'new_record' -%}
    , 'False' as {{ columns.dbt_is_deleted }}
    {%- endif %}
  from (
  {{ sql }}
  ) as sbq
{% endmacro %}


{#- The end of a version that has none yet: NULL, or what dbt_valid_to_current says. -#}
{% macro get_dbt_valid_to_current(strategy, columns) %}
  {{- valid_to_of_current(strategy.updated_at) }} as {{ columns.dbt_valid_to -}}
{% endmacro %}

{% macro valid_to_of_current(updated_at) -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set nothing = 'nullif(' ~ updated_at ~ ', ' ~ updated_at ~ ')' -%}
  {{ return('coalesce(' ~ nothing ~ ', ' ~ current ~ ')' if current else nothing) }}
{%- endmacro %}

{#- Whether a version of the snapshot is the one at hand. -#}
{% macro is_current_version(prefix='') -%}
  {%- set valid_to = prefix ~ get_snapshot_table_column_names().dbt_valid_to -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {{ return('(' ~ valid_to ~ ' is null' ~ (' or ' ~ valid_to ~ ' = ' ~ current if current else '') ~ ')') }}
{%- endmacro %}


{#- A temporary table of what is to be done to the snapshot. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging_relation = make_temp_relation(target_relation) -%}
  {% call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(true, staging_relation, snapshot_staging_table(strategy, sql, target_relation)) }}
  {%- endcall %}
  {{ return(staging_relation) }}
{% endmacro %}


{#- A query of what is to be done to the snapshot. Its dbt_change_type is `insert` for versions that begin, and `update` or
    `delete` for versions, told by their id, that end. -#}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{%- endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) %}
  {%- set columns = get_snapshot_table_column_names() -%}
  {%- set keys = strategy.unique_key -%}
  {%- set new_record = strategy.hard_deletes == 'new_record' -%}
  {%- set follows_deletes = new_record or strategy.hard_deletes == 'invalidate' or strategy.invalidate_hard_deletes -%}
  {%- set was_deleted = 'snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True'" -%}
  {%- set changed = strategy.row_changed ~ (' or ' ~ was_deleted if new_record else '') %}
  with snapshot_query as (
  {{ source_sql }}
  ),

  snapshotted_data as (
    select *, {{ unique_key_fields(keys) }}
    from {{ target_relation }}
    where {{ is_current_version() }}
  ),

  source_data as (
    select
      *,
      {{ unique_key_fields(keys) }},
      {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
      {{ strategy.scd_id }} as dbt_new_scd_id
    from snapshot_query
  ),

  begun as (
    select
      'insert' as dbt_change_type,
      source_data.*,
      {{ valid_to_of_current('source_data.' ~ columns.dbt_updated_at) }} as {{ columns.dbt_valid_to }},
      source_data.dbt_new_scd_id as {{ columns.dbt_scd_id }}
      {%- if new_record %},
      'False' as {{ columns.dbt_is_deleted }}
      {%- endif %}
    from source_data
    left join snapshotted_data on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(keys, 'snapshotted_data') }}
      or {{ changed }}
  ),

  ended as (
    select
      'update' as dbt_change_type,
      source_data.*,
      source_data.{{ columns.dbt_valid_from }} as {{ columns.dbt_valid_to }},
      snapshotted_data.{{ columns.dbt_scd_id }} as {{ columns.dbt_scd_id }}
      {%- if new_record %},
      snapshotted_data.{{ columns.dbt_is_deleted }} as {{ columns.dbt_is_deleted }}
      {%- endif %}
    from source_data
    inner join snapshotted_data on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
    where {{ changed }}
  )

  {%- if follows_deletes %},

  gone as (
    select
      'delete' as dbt_change_type,
      source_data.*,
      {{ snapshot_get_time() }} as {{ columns.dbt_valid_to }},
      snapshotted_data.{{ columns.dbt_scd_id }} as {{ columns.dbt_scd_id }}
      {%- if new_record %},
      snapshotted_data.{{ columns.dbt_is_deleted }} as {{ columns.dbt_is_deleted }}
      {%- endif %}
    from snapshotted_data
    left join source_data on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(keys, 'source_data') }}
    {%- if new_record %}
      and not ({{ was_deleted }})
    {%- endif %}
  )
  {%- endif %}

  {%- if new_record %},

  deleted as (
    select
      'insert' as dbt_change_type,
      {{ snapshotted_values(source_sql, target_relation) }}
      {{ unique_key_names(keys, 'snapshotted_data') }},
      {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
      {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
      cast(null as varchar) as dbt_new_scd_id,
      {{ valid_to_of_current(snapshot_get_time() | trim) }} as {{ columns.dbt_valid_to }},
      {{ snapshot_hash_arguments(['snapshotted_data.' ~ columns.dbt_scd_id, snapshot_get_time() | trim]) }} as {{ columns.dbt_scd_id }},
      'True' as {{ columns.dbt_is_deleted }}
    from snapshotted_data
    left join source_data on {{ unique_key_join_on(keys, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(keys, 'source_data') }}
      and not ({{ was_deleted }})
  )
  {%- endif %}

  select * from begun
  union all
  select * from ended
  {%- if follows_deletes %}
  union all
  select * from gone
  {%- endif %}
  {%- if new_record %}
  union all
  select * from deleted
  {%- endif %}
{% endmacro %}


{#- The source's columns with the values that the snapshot has last seen, each with a comma behind it. -#}
{% macro snapshotted_values(source_sql, target_relation) -%}
  {%- set present = get_list_of_column_names(adapter.get_columns_in_relation(target_relation)) -%}
  {%- for name in get_columns_in_query(source_sql) -%}
    {%- set known = existing_name(name, present) -%}
    {{ 'null' if known is none else 'snapshotted_data.' ~ adapter.quote(known) }} as {{ adapter.quote(name) }},
  {%- endfor -%}
{%- endmacro %}


{#- The key under names of its own: dbt_unique_key, or dbt_unique_key_1, dbt_unique_key_2, … -#}
{% macro unique_key_fields(unique_key) -%}
  {%- if unique_key is string -%}
    {{ unique_key }} as dbt_unique_key
  {%- else -%}
    {%- for key in unique_key -%}
      {{ key }} as dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}


{#- These names, of a query that has them already: a key may be an expression, which no prefix turns into that query's. -#}
{% macro unique_key_names(unique_key, identifier) -%}
  {%- if unique_key is string -%}
    {{ identifier }}.dbt_unique_key
  {%- else -%}
    {%- for key in unique_key -%}
      {{ identifier }}.dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}


{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- if unique_key is string -%}
    {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- else -%}
    {%- for key in unique_key -%}
      {{ identifier }}.dbt_unique_key_{{ loop.index }} = {{ from_identifier }}.dbt_unique_key_{{ loop.index }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}


{% macro unique_key_is_null(unique_key, identifier) -%}
  {{ identifier }}.dbt_unique_key{{ '_1' if unique_key is not string }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {{ identifier }}.dbt_unique_key{{ '_1' if unique_key is not string }} is not null
{%- endmacro %}
