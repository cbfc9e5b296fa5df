{#- What the tested model makes of a unit test's inputs, and what the test expects, as rows of one answer. -#}
{% materialization unit, default -%}
  {%- set expected_rows = config.get('expected_rows') or [] -%}
  {%- set expected_sql = config.get('expected_sql') -%}

  {#- An empty table of the model's columns, made for their types. -#}
  {%- set sample = make_temp_relation(this.incorporate(type='table')) -%}
  {%- do run_query(get_create_table_as_sql(true, sample, get_empty_subquery_sql(sql))) -%}
  {%- set types = {} -%}
  {%- set quoted = {} -%}
  {%- for column in adapter.get_columns_in_relation(sample) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}

  {%- set compared = [] -%}
  {%- for name in (expected_rows[0].keys() if expected_rows else types.keys()) -%}
    {%- do compared.append(quoted.get(name | lower)) -%}
  {%- endfor -%}
  {%- if not expected_sql -%}
    {%- set expected_sql = get_expected_sql(expected_rows, types, quoted) -%}
  {%- endif -%}

  {% call statement('main', fetch_result=true) -%}
    {{ get_unit_test_sql(sql, expected_sql, compared) }}
  {%- endcall %}
  {% do adapter.drop_relation(sample) %}

  {{ return({'relations': []}) }}
{%- endmaterialization %}


{#- The rows that the model gives and the rows that are expected, told apart by a column. -#}
{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {{ adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names) }}
{%- endmacro %}

{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {%- set columns = expected_column_names | join(', ') -%}
  {%- set side = adapter.quote('actual_or_expected') -%}
  with dbt_internal_unit_test_actual as (
    select {{ columns }}, {{ dbt.string_literal('actual') }} as {{ side }}
    from (
    {{ main_sql }}
    ) as _dbt_internal_unit_test_actual
  ),
  dbt_internal_unit_test_expected as (
    select {{ columns }}, {{ dbt.string_literal('expected') }} as {{ side }}
    from (
    {{ expected_fixture_sql }}
    ) as _dbt_internal_unit_test_expected
  )
  select * from dbt_internal_unit_test_actual
  union all
  select * from dbt_internal_unit_test_expected
{%- endmacro %}


{#- A unit test's input as a query: columns that a row does not name are null, types are those of the relation. -#}
{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
  {%- set types = column_name_to_data_types or {} -%}
  {%- set quoted = {} -%}
  {%- if types -%}
    {%- for name in types -%}{%- do quoted.update({name: name}) -%}{%- endfor -%}
  {%- else -%}
    {%- for column in adapter.get_columns_in_relation(this) -%}
      {%- do types.update({column.name | lower: column.data_type}) -%}
      {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- if not types -%}
    {%- do exceptions.raise_compiler_error("the columns of the unit test's input '" ~ model.name ~ "' are not known: " ~ this ~ " does not exist yet; build it first, or give the input as format: sql") -%}
  {%- endif -%}
  {%- do validate_fixture_rows(rows, none) -%}
  {%- set nulls = {} -%}
  {%- for name, type in types.items() -%}
    {%- do nulls.update({name: safe_cast('null', type) | trim}) -%}
  {%- endfor -%}
  {%- for row in rows %}
    {%- set cells = nulls.copy() -%}
    {%- do cells.update(format_row(row, types)) %}
{{ fixture_row(cells, quoted) }}
    {%- if not loop.last %}
union all{% endif %}
  {%- endfor %}
  {%- if not rows %}
{{ fixture_row(nulls, quoted) }}
limit 0
  {%- endif %}
{%- endmacro %}


{#- The rows that a unit test expects as a query; without rows, a query of the model's columns that gives none. -#}
{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) -%}
  {%- for row in rows %}
{{ fixture_row(format_row(row, column_name_to_data_types), column_name_to_quoted) }}
    {%- if not loop.last %}
union all{% endif %}
  {%- endfor %}
  {%- if not rows %}
select * from dbt_internal_unit_test_actual
limit 0
  {%- endif %}
{%- endmacro %}


{% macro fixture_row(cells, quoted) -%}
select {% for name, value in cells.items() %}{{ value }} as {{ quoted[name] }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}


{#- A row's values as SQL, cast to the types of their columns. Names match whatever their case. -#}
{%- macro format_row(row, column_name_to_data_types) -%}
  {%- set cells = {} -%}
  {%- for given, value in row.items() -%}
    {%- set name = given | lower -%}
    {%- if name not in column_name_to_data_types -%}
      {%- set what = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {%- do exceptions.raise_compiler_error("Invalid column name: '" ~ given ~ "' in unit test fixture for " ~ what ~ '.\nIts columns are: ' ~ column_name_to_data_types.keys() | join(', ')) -%}
    {%- endif -%}
    {%- set type = column_name_to_data_types[name] -%}
    {#- Blank text is no value of the other types; a seed's file has it for what is NULL. -#}
    {%- set is_text = ['char', 'text', 'string', 'blob', 'bytea'] | select('in', type | lower) | list -%}
    {%- if value is none or (value is string and not value and not is_text) -%}
      {%- set literal = 'null' -%}
    {%- elif value is string -%}
      {%- set literal = dbt.string_literal(dbt.escape_single_quotes(value)) -%}
      {#- A text longer than its column must differ, not be cut to fit. -#}
      {%- if 'varying' in type -%}{%- set type = type.split('(')[0] -%}{%- endif -%}
    {%- else -%}
      {%- set literal = value -%}
    {%- endif -%}
    {%- do cells.update({name: safe_cast(literal, type) | trim}) -%}
  {%- endfor -%}
  {{ return(cells) }}
{%- endmacro -%}


{#- A place for adapters to refuse rows that they cannot take. -#}
{%- macro validate_fixture_rows(rows, row_number) -%}
  {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro -%}

{%- macro default__validate_fixture_rows(rows, row_number) -%}
{%- endmacro -%}
