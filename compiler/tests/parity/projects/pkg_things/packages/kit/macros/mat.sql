{% materialization my_table, default %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {% call statement('main') -%}create table {{ target_relation }} as {{ sql }}{%- endcall %}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
{% materialization both, adapter='duckdb', supported_languages=['sql', 'python'] %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
{% macro helper() %}{{ kit.deeper() }}{% endmacro %}
{% macro deeper() %}{{ return(caller() if caller else 'none') }}{% endmacro %}
