{#- DuckDB has no users. -#}
{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) %}
  {% if grant_config %}
    {% do exceptions.warn('DuckDB has no users, so the grants on ' ~ relation.render() ~ ' do nothing') %}
  {% endif %}
{% endmacro %}
