{#- MERGE with dbt-duckdb's configs: `merge_clauses` says each WHEN clause by itself, and without it the short ones
    (`merge_update_columns`, `merge_update_condition`, …) make the two usual clauses. -#}
{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- do validate_merge_config(config, target) -%}
  {%- set clauses = config.get('merge_clauses') or {} -%}
  {%- set matched = clauses.get('when_matched', [usual_update_clause()]) -%}
  {%- set not_matched = clauses.get('when_not_matched', [usual_insert_clause(dest_columns)]) -%}
  {%- set returning = config.get('merge_returning_columns') or [] -%}
  {{ config.get('sql_header') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  {{ merge_join(unique_key, incremental_predicates) }}
  {%- for clause in matched %}
  when matched{{ clause_condition(clause) }} then {{ matched_action(clause, dest_columns) }}
  {%- endfor %}
  {%- for clause in not_matched %}
  when not matched{{ ' by ' ~ clause.get('by') if clause.get('by') }}{{ clause_condition(clause) }} then {{ not_matched_action(clause) }}
  {%- endfor %}
  {%- if returning %}
  returning {{ returning if returning is string else returning | join(', ') }}
  {%- endif %}
{%- endmacro %}


{#- What becomes of rows that are there, and of new ones, where no clause says it. -#}
{% macro usual_update_clause() %}
  {{ return({
      'action': 'update',
      'mode': 'explicit',
      'condition': config.get('merge_update_condition'),
      'update': {
          'include': config.get('merge_update_columns'),
          'exclude': config.get('merge_exclude_columns'),
          'set_expressions': config.get('merge_update_set_expressions'),
      },
  }) }}
{% endmacro %}

{% macro usual_insert_clause(dest_columns) %}
  {%- set names = dest_columns | map(attribute='quoted') | list -%}
  {%- set values = [] -%}
  {%- for name in names -%}
    {%- do values.append('DBT_INTERNAL_SOURCE.' ~ name) -%}
  {%- endfor -%}
  {{ return({
      'action': 'insert',
      'mode': 'explicit',
      'condition': config.get('merge_insert_condition'),
      'insert': {'columns': names, 'values': values},
  }) }}
{% endmacro %}


{#- By `merge_on_using_columns`, else by the unique key; without either no row is there. -#}
{% macro merge_join(unique_key, incremental_predicates) %}
  {%- set using = config.get('merge_on_using_columns') -%}
  {%- if using and not incremental_predicates -%}
    {{ return('using (' ~ using | join(', ') ~ ')') }}
  {%- endif -%}
  {%- set conditions = [] -%}
  {%- for key in (using or ([unique_key] if unique_key is string else unique_key or [])) -%}
    {%- do conditions.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key) | trim) -%}
  {%- else -%}
    {%- do conditions.append('false') -%}
  {%- endfor -%}
  {%- for predicate in incremental_predicates or [] -%}
    {%- do conditions.append('(' ~ predicate ~ ')') -%}
  {%- endfor -%}
  {{ return('on ' ~ conditions | join('\n    and ')) }}
{% endmacro %}


{% macro clause_condition(clause) %}
  {%- set condition = clause.get('condition') -%}
  {%- if not condition -%}
    {{ return('') }}
  {%- endif -%}
  {{ return(' and (' ~ (condition if condition is string else condition | join(') and (')) ~ ')') }}
{% endmacro %}


{% macro matched_action(clause, dest_columns) %}
  {%- set mode = clause.get('mode') -%}
  {%- if clause.get('action') != 'update' -%}
    {{ return(plain_action(clause)) }}
  {%- elif mode == 'explicit' -%}
    {%- set columns = clause.get('update') or {} -%}
    {%- set assignments = merge_assignments(
        dest_columns, columns.get('set_expressions'), columns.get('include'), columns.get('exclude')
    ) -%}
    {{ return('update set\n    ' ~ assignments) }}
  {%- endif -%}
  {{ return('update ' ~ ('set *' if mode == 'star' else mode | replace('_', ' '))) }}
{% endmacro %}


{% macro not_matched_action(clause) %}
  {%- set mode = clause.get('mode') -%}
  {%- if clause.get('action') == 'update' -%}
    {%- set assignments = [] -%}
    {%- for column, expression in clause.get('set_expressions', {}).items() -%}
      {%- do assignments.append(column ~ ' = ' ~ expression) -%}
    {%- endfor -%}
    {{ return('update set ' ~ assignments | join(', ')) }}
  {%- elif clause.get('action') != 'insert' -%}
    {{ return(plain_action(clause)) }}
  {%- elif mode == 'explicit' -%}
    {%- set given = clause.get('insert') or {} -%}
    {{ return('insert (' ~ given.get('columns', []) | join(', ') ~ ') values (' ~ given.get('values', []) | join(', ') ~ ')') }}
  {%- endif -%}
  {{ return('insert ' ~ ('*' if mode == 'star' else mode | replace('_', ' '))) }}
{% endmacro %}


{#- `delete`, `do_nothing`, or `error` with its message. -#}
{% macro plain_action(clause) %}
  {%- set message = clause.get('error_message') -%}
  {%- if clause.get('action') == 'error' and message -%}
    {{ return("error '" ~ message | replace("'", "''") ~ "'") }}
  {%- endif -%}
  {{ return(clause.get('action') | replace('_', ' ')) }}
{% endmacro %}


{#- One error for all that is wrong with the configs of a merge. -#}
{% macro validate_merge_config(config, target_relation=none) %}
  {%- set kinds = {
      'merge_update_condition': 'string',
      'merge_insert_condition': 'string',
      'merge_on_using_columns': 'list',
      'merge_update_columns': 'list',
      'merge_update_set_expressions': 'dictionary',
      'merge_exclude_columns': 'list',
      'merge_returning_columns': 'list',
  } -%}
  {%- set errors = [] -%}
  {%- for name, kind in kinds.items() if config.get(name) is not none -%}
    {%- do errors.extend(wrong_merge_value(name, kind, config.get(name))) -%}
  {%- endfor -%}
  {%- if config.get('merge_clauses') is not none -%}
    {%- do errors.extend(wrong_merge_clauses(config.get('merge_clauses'))) -%}
    {%- set beside = [] -%}
    {%- for name in kinds if name not in ['merge_on_using_columns', 'merge_returning_columns'] and config.get(name) -%}
      {%- do beside.append(name) -%}
    {%- endfor -%}
    {%- if beside and config.get('merge_clauses') is mapping -%}
      {%- do errors.append('merge_clauses say all of a merge, and basic merge configurations will be ignored: leave out ' ~ beside | join(', ')) -%}
    {%- endif -%}
  {%- endif -%}
  {%- if errors -%}
    {%- do exceptions.raise_compiler_error('this merge cannot be written:\n' ~ errors | join('\n')) -%}
  {%- endif -%}
{% endmacro %}

{% macro wrong_merge_value(name, kind, value) %}
  {%- set fits = {
      'string': value is string,
      'list': value is sequence and value is not mapping and value is not string,
      'dictionary': value is mapping,
  } -%}
  {%- if not fits[kind] -%}
    {{ return([name ~ ' must be a ' ~ kind ~ (', found: ' ~ value if kind != 'list' else '')]) }}
  {%- endif -%}
  {%- set errors = [] -%}
  {%- for item in (value if kind == 'list' else []) if item is not string -%}
    {%- do errors.append(name ~ ' is a list of names of columns, found: ' ~ item) -%}
  {%- endfor -%}
  {{ return(errors) }}
{% endmacro %}

{% macro wrong_merge_clauses(clauses) %}
  {%- if clauses is not mapping -%}
    {{ return(['merge_clauses must be a dictionary, found: ' ~ clauses]) }}
  {%- endif -%}
  {%- set errors = [] -%}
  {%- if 'when_matched' not in clauses and 'when_not_matched' not in clauses -%}
    {%- do errors.append("merge_clauses must contain at least one of 'when_matched' or 'when_not_matched', each a list of clauses") -%}
  {%- endif -%}
  {%- for name in ['when_matched', 'when_not_matched'] if name in clauses -%}
    {%- set list = clauses[name] -%}
    {%- if list is not sequence or list is mapping or list is string -%}
      {%- do errors.append('merge_clauses.' ~ name ~ ' must be a list') -%}
    {%- elif not list -%}
      {%- do errors.append('merge_clauses.' ~ name ~ ' is empty: give it a clause, or leave it out') -%}
    {%- else -%}
      {%- for clause in list if clause is not mapping -%}
        {%- do errors.append('merge_clauses.' ~ name ~ ' elements must be dictionaries, found: ' ~ clause) -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(errors) }}
{% endmacro %}
