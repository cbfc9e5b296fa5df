{#- Writes descriptions into the warehouse as comments, as persist_docs asks. -#}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
  {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}
{%- endmacro %}

{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
  {% if for_relation and config.persist_relation_docs() and model.description %}
    {% do run_query(alter_relation_comment(relation, model.description)) %}
  {% endif %}
  {% if for_columns and config.persist_column_docs() and model.columns %}
    {% set sql = alter_column_comment(relation, model.columns) %}
    {% if sql | trim %}
      {% do run_query(sql) %}
    {% endif %}
  {% endif %}
{%- endmacro %}


{% macro alter_relation_comment(relation, relation_comment) -%}
  {{ return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) }}
{%- endmacro %}

{% macro default__alter_relation_comment(relation, relation_comment) -%}
  comment on {{ (relation.type or 'table') | replace('_', ' ') }} {{ relation.render() }} is {{ comment_literal(relation_comment) }}
{%- endmacro %}


{#- SQL that comments on every documented column that the relation has. -#}
{% macro alter_column_comment(relation, column_dict) -%}
  {{ return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) }}
{%- endmacro %}

{% macro default__alter_column_comment(relation, column_dict) -%}
  {%- set existing = get_list_of_column_names(adapter.get_columns_in_relation(relation)) -%}
  {%- set documented = validate_doc_columns(relation, column_dict, existing) -%}
  {%- for name in documented -%}

    comment on column {{ relation.render() }}.{{ adapter.quote(existing_name(name, existing)) }} is {{ comment_literal(documented[name]['description'] or '') }};
  {%- endfor -%}
{%- endmacro %}


{#- Those of the documented columns that exist, with `quote: true` only in the same case; a warning names the others. -#}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) -%}
  {%- set found = {} -%}
  {%- set missing = [] -%}
  {%- for name in column_dict -%}
    {%- set quoted = column_dict[name].get('quote') -%}
    {%- set there = name in existing_column_names if quoted else existing_name(name, existing_column_names) is not none -%}
    {%- if not there -%}
      {%- do missing.append(name) -%}
    {%- else -%}
      {%- do found.update({name: column_dict[name]}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if missing | length > 0 -%}
    {%- do exceptions.warn('In relation ' ~ relation.render() ~ ': The following columns are specified in the schema but are not present in the database: ' ~ missing | join(', ')) -%}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}


{#- The name as the relation spells it: exactly if it can be, whatever the case if not; none where there is none. -#}
{% macro existing_name(name, existing_column_names) -%}
  {%- if name in existing_column_names -%}
    {{ return(name) }}
  {%- endif -%}
  {%- for candidate in existing_column_names -%}
    {%- if candidate | lower == name | lower -%}
      {{ return(candidate) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(none) }}
{%- endmacro %}


{% macro comment_literal(comment) -%}
  {{ return("'" ~ (comment | string | replace("'", "''")) ~ "'") }}
{%- endmacro %}
