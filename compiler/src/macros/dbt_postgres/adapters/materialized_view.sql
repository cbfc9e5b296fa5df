{% macro postgres__get_create_materialized_view_as_sql(relation, sql) %}
  create materialized view {{ relation.render() }} as (
  {{ sql }}
  );
  {%- for index_dict in config.get('indexes', default=[]) or [] %}
  {{ get_create_index_sql(relation, index_dict) }};
  {%- endfor %}
{% endmacro %}


{% macro postgres__refresh_materialized_view(relation) %}
  refresh materialized view {{ relation.render() }}
{% endmacro %}


{#- {added: [index configs], dropped: [index names]}; none where the indexes are as configured. -#}
{% macro postgres__get_materialized_view_configuration_changes(existing_relation, new_config) %}
  {%- set present = {} -%}
  {%- for row in run_query(get_show_indexes_sql(existing_relation)).rows -%}
    {%- do present.update({index_key(row[3].split(','), row[2], row[1]): row[0]}) -%}
  {%- endfor -%}
  {%- set wanted = [] -%}
  {%- set added = [] -%}
  {%- for index_dict in new_config.get('indexes', default=[]) or [] -%}
    {%- set columns = [index_dict['columns']] if index_dict['columns'] is string else index_dict['columns'] -%}
    {%- set key = index_key(columns, index_dict.get('unique'), index_dict.get('type')) -%}
    {%- do wanted.append(key) -%}
    {%- if key not in present -%}
      {%- do added.append(index_dict) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set dropped = [] -%}
  {%- for key in present -%}
    {%- if key not in wanted -%}
      {%- do dropped.append(present[key]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if added or dropped -%}
    {{ return({'added': added, 'dropped': dropped}) }}
  {%- endif -%}
  {{ return(none) }}
{% endmacro %}


{#- What makes two indexes the same. -#}
{% macro index_key(columns, unique, method) -%}
  {{ return((columns | join(',') | lower) ~ ' ' ~ ('unique' if unique else 'plain') ~ ' ' ~ (method or 'btree') | lower) }}
{%- endmacro %}


{% macro postgres__get_alter_materialized_view_as_sql(relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) %}
  {%- for name in configuration_changes['dropped'] %}
  {{ get_drop_index_sql(relation, name) }};
  {%- endfor %}
  {%- for index_dict in configuration_changes['added'] %}
  {{ get_create_index_sql(relation, index_dict) }};
  {%- endfor %}
  {{ refresh_materialized_view(relation) }}
{% endmacro %}
