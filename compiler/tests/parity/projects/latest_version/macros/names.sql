{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) %}
  {{ custom_alias_name or node.name ~ '_latest' }}
{% endmacro %}
