{#- Brings the privileges on a relation to what the `grants` config says: {privilege: [grantees]}.
    Where nothing can be inherited from an older relation, nothing needs revoking. -#}
{% macro apply_grants(relation, grant_config, should_revoke) %}
  {{ return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) }}
{% endmacro %}

{% macro default__apply_grants(relation, grant_config, should_revoke=true) %}
  {% if grant_config %}
    {% set wanted = {} %}
    {% for privilege in grant_config %}
      {% set grantees = grant_config[privilege] %}
      {% do wanted.update({privilege: [grantees] if grantees is string else grantees}) %}
    {% endfor %}
    {% set present = {} %}
    {% if should_revoke %}
      {% set present = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) %}
    {% endif %}
    {% set statements = get_dcl_statement_list(relation, grants_missing_from(wanted, present), get_grant_sql) %}
    {% set revoking = get_dcl_statement_list(relation, grants_missing_from(present, wanted), get_revoke_sql) %}
    {% if revoking or statements %}
      {% do call_dcl_statements(revoking + statements) %}
    {% endif %}
  {% endif %}
{% endmacro %}


{#- What `grants` has that `others` has not. Names are compared whatever their case. -#}
{% macro grants_missing_from(grants, others) %}
  {% set known = [] %}
  {% for privilege in others %}
    {% for grantee in others[privilege] %}
      {% do known.append(privilege | lower ~ ' ' ~ grantee | lower) %}
    {% endfor %}
  {% endfor %}
  {% set missing = {} %}
  {% for privilege in grants %}
    {% set grantees = [] %}
    {% for grantee in grants[privilege] %}
      {% if (privilege | lower ~ ' ' ~ grantee | lower) not in known %}
        {% do grantees.append(grantee) %}
      {% endif %}
    {% endfor %}
    {% if grantees | length > 0 %}
      {% do missing.update({privilege: grantees}) %}
    {% endif %}
  {% endfor %}
  {{ return(missing) }}
{% endmacro %}


{#- Whether a relation that is replaced hands its privileges on to the new one. -#}
{% macro copy_grants() %}
  {{ return(adapter.dispatch('copy_grants', 'dbt')()) }}
{% endmacro %}

{% macro default__copy_grants() %}
  {{ return(true) }}
{% endmacro %}


{#- Whether one GRANT may name several grantees. -#}
{% macro support_multiple_grantees_per_dcl_statement() %}
  {{ return(adapter.dispatch('support_multiple_grantees_per_dcl_statement', 'dbt')()) }}
{% endmacro %}

{% macro default__support_multiple_grantees_per_dcl_statement() %}
  {{ return(true) }}
{% endmacro %}


{#- Whether there may be privileges to take away: only where something stood there before and handed them on. -#}
{% macro should_revoke(existing_relation, full_refresh_mode=true) %}
  {% if not existing_relation %}
    {{ return(false) }}
  {% elif full_refresh_mode %}
    {{ return(copy_grants()) }}
  {% endif %}
  {{ return(true) }}
{% endmacro %}


{% macro get_show_grant_sql(relation) %}
  {{ return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) }}
{% endmacro %}

{% macro default__get_show_grant_sql(relation) %}
  show grants on {{ relation.render() }}
{% endmacro %}


{% macro get_grant_sql(relation, privilege, grantees) %}
  {{ return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) }}
{% endmacro %}

{% macro default__get_grant_sql(relation, privilege, grantees) -%}
  grant {{ privilege }} on {{ relation.render() }} to {{ grantees | join(', ') }}
{%- endmacro %}


{% macro get_revoke_sql(relation, privilege, grantees) %}
  {{ return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) }}
{% endmacro %}

{% macro default__get_revoke_sql(relation, privilege, grantees) -%}
  revoke {{ privilege }} on {{ relation.render() }} from {{ grantees | join(', ') }}
{%- endmacro %}


{#- Statements for all privileges; `get_dcl_macro` is get_grant_sql or get_revoke_sql. -#}
{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {{ return(adapter.dispatch('get_dcl_statement_list', 'dbt')(relation, grant_config, get_dcl_macro)) }}
{% endmacro %}

{% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {% set statements = [] %}
  {% for privilege in grant_config %}
    {% set grantees = grant_config[privilege] %}
    {% if support_multiple_grantees_per_dcl_statement() %}
      {% if grantees %}
        {% do statements.append(get_dcl_macro(relation, privilege, grantees) | trim) %}
      {% endif %}
    {% else %}
      {% for grantee in grantees %}
        {% do statements.append(get_dcl_macro(relation, privilege, [grantee]) | trim) %}
      {% endfor %}
    {% endif %}
  {% endfor %}
  {{ return(statements) }}
{% endmacro %}


{% macro call_dcl_statements(dcl_statement_list) %}
  {{ return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) }}
{% endmacro %}

{% macro default__call_dcl_statements(dcl_statement_list) %}
  {% call statement('grants') %}
    {{ dcl_statement_list | join(';\n    ') }}
  {% endcall %}
{% endmacro %}
