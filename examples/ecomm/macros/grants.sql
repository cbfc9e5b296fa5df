{#- Grants give access to roles where the warehouse has roles. DuckDB has none, so there is nothing to do;
    on PostgreSQL a role that does not exist is passed over, so that the example runs in any database. -#}
{% macro grant_select_on_relation(relation, role) %}
  {%- if target.type == 'postgres' %}
do $grant$
begin
  if exists (select 1 from pg_catalog.pg_roles where rolname = '{{ role }}') then
    grant usage on schema {{ relation.without_identifier().include(database=false) }} to {{ role }};
    grant select on {{ relation.include(database=false) }} to {{ role }};
  end if;
end
$grant$
  {%- endif %}
{% endmacro %}

{% macro grant_select_on_schemas(schemas, role) %}
  {%- if target.type == 'postgres' and schemas %}
do $grant$
begin
  if exists (select 1 from pg_catalog.pg_roles where rolname = '{{ role }}') then
  {%- for schema in schemas %}
    grant usage on schema {{ adapter.quote(schema) }} to {{ role }};
    grant select on all tables in schema {{ adapter.quote(schema) }} to {{ role }};
  {%- endfor %}
  end if;
end
$grant$
  {%- endif %}
{% endmacro %}
