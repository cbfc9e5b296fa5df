{#- PostgreSQL drops a view when a relation that it reads is dropped, and a foreign key when the table that it points at is.
    To put a new relation into the place of an old one, the views that read it, those that read them, and the keys that
    point at it are remembered before and made again after, in the same transaction. -#}
{% macro postgres__remember_dependents(relation) %}
  {%- if relation is none -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set names = run_query(postgres_dependent_views_sql(relation) ~ ' select name from views union select name from keys order by name').columns[0].values() -%}
  {%- if names | length == 0 -%}
    {{ return([]) }}
  {%- endif -%}
  {%- do postgres_await_dependents(names) -%}
  {%- set found = run_query(postgres_dependents_sql(relation)) -%}
  {%- set dependents = [] -%}
  {%- for row in found.rows -%}
    {%- do dependents.append({'what': row[0], 'create': row[1], 'finish': row[2], 'beside': row[3], 'there': "to_regclass('" ~ escape_single_quotes(row[0]) ~ "') is not null"}) -%}
  {%- endfor -%}
  {%- for row in run_query(postgres_dependent_keys_sql(relation)).rows -%}
    {%- do dependents.append({'what': row[0], 'create': row[1], 'finish': none, 'beside': false, 'there': row[2]}) -%}
  {%- endfor -%}
  {{ return(dependents) }}
{% endmacro %}


{#- Two relations that are replaced at once and read by the same view would wait for each other: the one that was dropped
    first for the other, the other for the view. So each waits until nobody else makes these views again, and asks for
    them in the order of their names, before it looks at what they are made of, which locks them. The transaction's end
    lets the next one in. -#}
{% macro postgres_await_dependents(names) %}
  {% call statement('await_dependents', auto_begin=true) %}
    select pg_catalog.pg_advisory_xact_lock({{ postgres_dependents_lock() }}, key)
    from unnest(array[
      {%- for name in names -%}
        pg_catalog.hashtext('{{ escape_single_quotes(name) }}'){{ ', ' if not loop.last }}
      {%- endfor -%}
    ]) as locks(key)
  {% endcall %}
{% endmacro %}


{#- The first half of the numbers of advisory locks that stand for views. -#}
{% macro postgres_dependents_lock() %}{{ return(1919247969) }}{% endmacro %}


{#- What no longer fits, because a column is gone or rows point at none, stays dropped, and a warning says so; so does what
    belongs into a schema where the role may not create it. Any other error, in the relation's own schema also that one, undoes the swap. -#}
{% macro postgres__restore_dependents(dependents, relation) %}
  {%- for dependent in dependents -%}
    {% call statement('restore_dependents') %}
      do $restore$
      begin
        execute $create${{ dependent['create'] }}$create$;
        {%- if dependent['finish'] %}
        begin
          execute $finish${{ dependent['finish'] }}$finish$;
        exception when others then
          null;
        end;
        {%- endif %}
      exception
        {%- if dependent['beside'] %}
        when insufficient_privilege then
          raise;
        {%- endif %}
        when syntax_error_or_access_rule_violation or feature_not_supported or data_exception
          or integrity_constraint_violation then
          null;
      end
      $restore$
    {% endcall %}
  {%- endfor -%}
  {%- if dependents | length > 0 -%}
    {%- for dependent in dependents -%}
      {%- if not run_query('select ' ~ dependent['there']).rows[0][0] -%}
        {%- do exceptions.warn(dependent['what'] ~ ' was dropped with the old ' ~ relation.render() ~ ': it does not fit the new ' ~ ('columns' if dependent['finish'] else 'table')) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}


{#- A `with` clause: `views` that read a relation or others that do, with how far away they are, and foreign `keys` of
    other tables that point at it. -#}
{% macro postgres_dependent_views_sql(relation) %}
  with recursive reads as (
    select distinct d.refobjid as read, r.ev_class as reader
    from pg_catalog.pg_depend as d
    inner join pg_catalog.pg_rewrite as r on r.oid = d.objid
    where d.classid = 'pg_catalog.pg_rewrite'::regclass
      and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.refobjid <> r.ev_class
  ),

  dependents as (
    select reads.reader, 1 as depth
    from reads
    where reads.read = to_regclass('{{ escape_single_quotes(relation.include(database=false).render()) }}')
    union
    select reads.reader, dependents.depth + 1
    from dependents
    inner join reads on reads.read = dependents.reader
  ),

  views as (
    select
      c.oid,
      max(dependents.depth) as depth,
      format('%I.%I', n.nspname, c.relname) as name,
      n.nspname as schema,
      case c.relkind when 'm' then 'materialized view' else 'view' end as kind,
      c.reloptions,
      c.relacl,
      c.relowner
    from dependents
    inner join pg_catalog.pg_class as c on c.oid = dependents.reader
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm')
    group by c.oid, n.nspname, c.relname
  ),

  keys as (
    select k.oid, k.conname, k.conrelid, format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_constraint as k
    inner join pg_catalog.pg_class as c on c.oid = k.conrelid
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where k.contype = 'f'
      and k.conparentid = 0
      and k.confrelid = to_regclass('{{ escape_single_quotes(relation.include(database=false).render()) }}')
      and k.conrelid <> k.confrelid
  )
{% endmacro %}


{#- Rows of what a foreign key is called, the SQL that makes it, and a condition that holds while it is there. -#}
{% macro postgres_dependent_keys_sql(relation) %}
  {{ postgres_dependent_views_sql(relation) }}
  select
    format('the foreign key %I of %s', conname, name) as what,
    format('alter table %s add constraint %I %s', name, conname, pg_catalog.pg_get_constraintdef(oid)) as create_sql,
    format('exists (select from pg_catalog.pg_constraint where conname = %L and conrelid = %s)', conname, conrelid) as there
  from keys
  order by name, conname
{% endmacro %}


{#- Rows of a view's name, the SQL that makes it, the SQL that gives it its owner, options, privileges, comments and
    indexes, and whether it stands in the relation's own schema. Those that others read come first. -#}
{% macro postgres_dependents_sql(relation) %}
  {{ postgres_dependent_views_sql(relation) }}
  select
    name,
    'create ' || kind || ' ' || name
      || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '')
      || ' as ' || pg_catalog.pg_get_viewdef(oid) as create_sql,
    concat_ws(
      '; ',
      format('alter %s %s owner to %I', kind, name, pg_catalog.pg_get_userbyid(relowner)),
      (
        select string_agg(pg_catalog.pg_get_indexdef(i.indexrelid), '; ')
        from pg_catalog.pg_index as i
        where i.indrelid = views.oid
      ),
      (
        select string_agg(
          format(
            'grant %s on %s to %s%s',
            acl.privilege_type,
            name,
            case acl.grantee when 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(acl.grantee)) end,
            case when acl.is_grantable then ' with grant option' else '' end
          ),
          '; '
        )
        from pg_catalog.aclexplode(views.relacl) as acl
        where acl.grantee <> views.relowner
      ),
      (
        select string_agg(
          case d.objsubid
            when 0 then format('comment on %s %s is %L', kind, name, d.description)
            else format('comment on column %s.%I is %L', name, a.attname, d.description)
          end,
          '; '
        )
        from pg_catalog.pg_description as d
        left join pg_catalog.pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid
        where d.objoid = views.oid
          and d.classoid = 'pg_catalog.pg_class'::regclass
      )
    ) as finish_sql,
    schema = '{{ escape_single_quotes(relation.schema) }}' as beside
  from views
  order by depth, name
{% endmacro %}


{#- A table that foreign keys point at can be neither truncated nor emptied. -#}
{% macro postgres__rebuilds_seed(relation) -%}
  {%- set keys = run_query(postgres_dependent_views_sql(relation) ~ ' select count(*) from keys') -%}
  {{ return(keys.rows[0][0] > 0) }}
{%- endmacro %}
