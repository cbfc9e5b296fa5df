{#- Part of every temporary name: which run made it. A run that finds another run's leftovers can tell them from its own. -#}
{% macro run_suffix() -%}
  {{ return('_' ~ (invocation_id | string | replace('-', ''))[:8]) }}
{%- endmacro %}


{#- A relation beside `base_relation` whose name ends in the suffix and the run's id. -#}
{% macro make_relation_with_suffix(base_relation, suffix) %}
  {{ return(adapter.dispatch('make_relation_with_suffix', 'dbt')(base_relation, suffix)) }}
{% endmacro %}

{% macro default__make_relation_with_suffix(base_relation, suffix) %}
  {% do return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix ~ run_suffix()})) %}
{% endmacro %}


{#- Where the new version of a relation is built, beside the old one. -#}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}
  {{ return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) }}
{% endmacro %}

{% macro default__make_intermediate_relation(base_relation, suffix) %}
  {% do return(make_relation_with_suffix(base_relation, suffix)) %}
{% endmacro %}


{#- A table that only this connection sees and that goes when it closes. -#}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
  {{ return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) }}
{% endmacro %}

{% macro default__make_temp_relation(base_relation, suffix) %}
  {% do return(make_relation_with_suffix(base_relation, suffix)) %}
{% endmacro %}


{#- Where the old version of a relation is put aside. -#}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
  {{ return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) }}
{% endmacro %}

{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
  {% do return(make_relation_with_suffix(base_relation, suffix).incorporate(type=backup_relation_type)) %}
{% endmacro %}


{% macro truncate_relation(relation) %}
  {{ return(adapter.dispatch('truncate_relation', 'dbt')(relation)) }}
{% endmacro %}

{% macro default__truncate_relation(relation) %}
  {% call statement('truncate_relation') %}
    truncate table {{ relation.render() }}
  {% endcall %}
{% endmacro %}


{#- [whether it exists, the relation]. -#}
{% macro get_or_create_relation(database, schema, identifier, type) %}
  {{ return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) }}
{% endmacro %}

{% macro default__get_or_create_relation(database, schema, identifier, type) %}
  {% set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) %}
  {% if found %}
    {% do return([true, found]) %}
  {% endif %}
  {% do return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) %}
{% endmacro %}


{#- The relation as the warehouse has it, or none. -#}
{% macro load_cached_relation(relation) %}
  {% do return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) %}
{% endmacro %}

{% macro load_relation(relation) %}
  {% do return(load_cached_relation(relation)) %}
{% endmacro %}
