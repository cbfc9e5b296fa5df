{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}{%- else -%}{{ custom_schema_name | trim }}_{{ node.resource_type }}{%- endif -%}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}{{ custom_alias_name }}{%- elif node.version -%}{{ node.name ~ '__' ~ node.version }}{%- else -%}{{ node.fqn | join('_') }}{%- endif -%}
{%- endmacro %}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
  {{ custom_database_name or target.database }}{{ '' if node.package_name == project_name else '_pkg' }}
{%- endmacro %}
