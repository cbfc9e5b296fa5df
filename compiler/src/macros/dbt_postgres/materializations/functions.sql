{#- PostgreSQL has defaults for arguments. -#}
{% macro postgres__formatted_scalar_function_args_sql() -%}
  {%- set arguments = [] -%}
  {%- for argument in model.arguments -%}
    {%- set default_value = argument.get('default_value') -%}
    {%- set default = '' if default_value is none else ' default ' ~ default_value -%}
    {%- do arguments.append(argument.name ~ ' ' ~ argument.data_type ~ default) -%}
  {%- endfor -%}
  {{ arguments | join(', ') }}
{%- endmacro %}


{#- A comment names the arguments' types too: several functions may have the name. -#}
{% macro postgres__alter_relation_comment(relation, relation_comment) -%}
  {%- if relation.type == 'function' -%}
    {%- set types = model.arguments | map(attribute='data_type') | join(', ') -%}
    comment on function {{ relation.render() }}({{ types }}) is {{ comment_literal(relation_comment) }}
  {%- else -%}
    {{ default__alter_relation_comment(relation, relation_comment) }}
  {%- endif -%}
{%- endmacro %}
