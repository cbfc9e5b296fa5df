{#- DuckDB drops no table that a foreign key points at, and a table with a foreign key must be created under its own name:
    after a rename the other one could never be dropped. Both are therefore built in place, in one transaction: tables
    that point at them are put aside with their rows, and made again after. Nobody sees the moment in between. -#}

{#- Whether foreign keys may bind this model, by its contract. -#}
{% macro duckdb_has_keys() %}
  {%- set contract = config.get('contract') -%}
  {%- set kinds = [] -%}
  {%- if contract and contract.enforced -%}
    {%- for constraint in model.get('constraints') or [] -%}
      {%- do kinds.append(constraint.get('type') | string) -%}
    {%- endfor -%}
    {%- for column in (model.get('columns') or {}).values() -%}
      {%- for constraint in column.get('constraints') or [] -%}
        {%- do kinds.append(constraint.get('type') | string) -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(kinds | select('in', ['foreign_key', 'primary_key', 'unique']) | list) }}
{% endmacro %}


{#- Two parents of one table must not put it aside at the same time. -#}
{% macro duckdb__before_build(target_relation) %}
  {%- if duckdb_has_keys() -%}
    {%- do adapter.take_turn() -%}
  {%- endif -%}
{% endmacro %}


{% macro duckdb__build_table(target_relation, existing_relation, sql) %}
  {%- set kinds = duckdb_has_keys() -%}
  {%- set dependents = duckdb_key_dependents(existing_relation) if kinds and existing_relation is not none and existing_relation.is_table else [] -%}
  {%- if 'foreign_key' not in kinds and not dependents -%}
    {{ return(default__build_table(target_relation, existing_relation, sql)) }}
  {%- endif -%}
  {#- Without the transaction a failure would lose rows; it is opened even where the profile asks for none. -#}
  {%- set own_transaction = target.get('disable_transactions') -%}
  {% if own_transaction %}
    {% call statement('begin', auto_begin=false) %} begin transaction {% endcall %}
  {% endif %}
  {% for dependent in dependents %}
    {% call statement('put_aside') %}
      create temporary table {{ dependent.copy }} as select * from {{ dependent.name }}
    {% endcall %}
    {% call statement('drop_dependent') %} drop table {{ dependent.name }} {% endcall %}
  {% endfor %}
  {% if existing_relation is not none %}
    {% call statement('drop_old') %} {{ get_drop_sql(existing_relation) }} {% endcall %}
  {% endif %}
  {% call statement('main') -%}
    {{ get_create_table_as_sql(false, target_relation, sql) }}
  {%- endcall %}
  {% do create_indexes(target_relation) %}
  {% for dependent in dependents | reverse %}
    {% call statement('put_back') %}
      {{ dependent.create }}
      insert into {{ dependent.name }} by name select * from {{ dependent.copy }};
      drop table {{ dependent.copy }};
      {{ dependent.indexes }}
    {% endcall %}
  {% endfor %}
  {% if own_transaction %}
    {% call statement('commit', auto_begin=false) %} commit {% endcall %}
  {% endif %}
{% endmacro %}


{#- The tables whose foreign keys point at a relation, directly or not; those that nobody points at come first. -#}
{% macro duckdb_key_dependents(relation) %}
  {%- set text = escape_single_quotes -%}
  {%- set found = run_query("
    with recursive keys as (
      select table_name, referenced_table
      from duckdb_constraints()
      where constraint_type = 'FOREIGN KEY'
        and database_name = '" ~ text(relation.database) ~ "'
        and schema_name = '" ~ text(relation.schema) ~ "'
        and table_name <> referenced_table
    ),

    bound as (
      select table_name, 1 as depth from keys where lower(referenced_table) = lower('" ~ text(relation.identifier) ~ "')
      union
      select keys.table_name, bound.depth + 1
      from bound
      inner join keys on keys.referenced_table = bound.table_name
      where bound.depth < 100
    )

    select
      tables.table_name,
      tables.sql,
      (
        select string_agg(indexes.sql, ' ')
        from duckdb_indexes() as indexes
        where indexes.database_name = tables.database_name
          and indexes.schema_name = tables.schema_name
          and indexes.table_name = tables.table_name
      ) as indexes
    from bound
    inner join duckdb_tables() as tables
      on tables.table_name = bound.table_name
      and tables.database_name = '" ~ text(relation.database) ~ "'
      and tables.schema_name = '" ~ text(relation.schema) ~ "'
    group by tables.database_name, tables.schema_name, tables.table_name, tables.sql
    order by max(bound.depth) desc, tables.table_name
  ") -%}
  {%- set dependents = [] -%}
  {%- for row in found.rows -%}
    {%- set dependent = api.Relation.create(database=relation.database, schema=relation.schema, identifier=row[0], type='table') -%}
    {#- What stands in front of the columns names the table without its catalog. -#}
    {%- set start = row[1].index('(') -%}
    {%- do dependents.append({
        'name': dependent.render(),
        'copy': make_temp_relation(dependent).render(),
        'create': 'create table ' ~ dependent.render() ~ row[1][start:],
        'indexes': row[2] or ''
    }) -%}
  {%- endfor -%}
  {{ return(dependents) }}
{% endmacro %}
