{#- Privileges of others: the owner's own are not granted and cannot be missed. -#}
{% macro postgres__get_show_grant_sql(relation) %}
  select grantee, privilege_type
  from information_schema.role_table_grants
  where grantor = current_role
    and grantee <> current_role
    and table_schema = '{{ escape_single_quotes(relation.schema) }}'
    and table_name = '{{ escape_single_quotes(relation.identifier) }}'
{% endmacro %}

{#- A new table starts without privileges. -#}
{% macro postgres__copy_grants() %}
  {{ return(false) }}
{% endmacro %}
