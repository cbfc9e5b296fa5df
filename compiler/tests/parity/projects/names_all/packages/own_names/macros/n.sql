{% macro generate_schema_name(custom_schema_name, node) -%}package_schema{%- endmacro %}
