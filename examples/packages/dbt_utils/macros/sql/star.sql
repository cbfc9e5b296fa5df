{% macro star(from, relation_alias=false, except=[], prefix='', suffix='', quote_identifiers=true) %}

{%- if not execute -%}
  {{ return('*') }}
{%- endif -%}

{%- if from.is_cte -%}
  {{ exceptions.raise_compiler_error("star: an ephemeral model has no relation whose columns could be listed") }}
{%- endif -%}

{%- set left_out = except | map('lower') | list -%}
{%- set columns = [] -%}
{%- for column in adapter.get_columns_in_relation(from) if column.name | lower not in left_out -%}
  {%- set name = adapter.quote(column.name) if quote_identifiers else column.name -%}
  {%- set new_name = prefix ~ column.name ~ suffix -%}
  {%- set alias = ' as ' ~ (adapter.quote(new_name) if quote_identifiers else new_name) if prefix or suffix else '' -%}
  {%- do columns.append((relation_alias ~ '.' if relation_alias else '') ~ name ~ alias) -%}
{%- endfor -%}

{#- Nothing is left over when the relation does not exist yet, or all its columns are left out. -#}
{{ return(columns | join(',\n  ') if columns else '*') }}

{% endmacro %}
