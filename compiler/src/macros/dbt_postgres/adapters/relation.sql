{#- PostgreSQL cuts names at 63 bytes. A name that is too long with its suffix keeps its start, then a digest of the whole,
    so that two long names with one start do not meet. -#}
{% macro postgres__make_relation_with_suffix(base_relation, suffix) %}
  {%- set ending = suffix ~ run_suffix() -%}
  {%- set room = 63 - ending | length -%}
  {%- set name = base_relation.identifier -%}
  {%- if name | length > room -%}
    {%- set name = name[:room - 9] ~ '_' ~ local_md5(name)[:8] -%}
  {%- endif -%}
  {% do return(base_relation.incorporate(path={'identifier': name ~ ending})) %}
{% endmacro %}


{#- Temporary tables live in a schema of their own, which no statement may name. -#}
{% macro postgres__make_temp_relation(base_relation, suffix) %}
  {% do return(postgres__make_relation_with_suffix(base_relation, suffix).incorporate(path={'schema': none, 'database': none})) %}
{% endmacro %}


{% macro postgres__create_table_as(temporary, relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {{ config.get('sql_header') or '' }}
  {%- if contract and contract.enforced %}
  {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  {%- set kind = 'temporary table' if temporary else ('unlogged table' if config.get('unlogged', default=false) else 'table') -%}
  {%- if contract and contract.enforced and not temporary %}
  create {{ kind }} {{ relation.render() }}
  {{ get_table_columns_and_constraints() }};
  insert into {{ relation.render() }} ({{ contract_column_names() }}) (
  {{ get_select_subquery(sql) }}
  );
  {%- else %}
  create {{ kind }} {{ relation.render() }} as (
  {{ get_select_subquery(sql) if contract and contract.enforced else sql }}
  );
  {%- endif %}
{%- endmacro %}
