{#- A file, or a folder of files, from a query, and a view that reads it. The file is written beside the old one and
    takes its place when it is whole, just before the view is made. -#}
{% materialization external, adapter='duckdb' -%}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- set grant_config = config.get('grants') -%}
  {%- set location = render(config.get('location', default=external_location(this, config))) -%}
  {%- set options = render_write_options(config) -%}
  {%- set write_options = adapter.external_write_options(location, options) -%}
  {%- set format = external_format(options) -%}

  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}

  {#- A contract's constraints hold in a table of the model's own schema only. -#}
  {%- set temporary = not config.get('contract').enforced -%}
  {%- set rows = make_temp_relation(this) if temporary else make_intermediate_relation(this.incorporate(type='table')) -%}
  {% call statement('create_table') -%}
    {{ get_create_table_as_sql(temporary, rows, compiled_code) }}
  {%- endcall %}
  {#- One Parquet file names its columns also where it has no rows; all else gets a row of nulls for that, which the
      view leaves out. -#}
  {%- set filler = run_query('select 1 from ' ~ rows ~ ' limit 1') | length == 0
      and not (format == 'parquet' and adapter.external_read_location(location, options) == location) -%}
  {%- set names = adapter.get_columns_in_relation(rows) | map(attribute='quoted') | list -%}
  {% if filler %}
    {% call statement('filler') -%}
      insert into {{ rows }} values ({% for name in names %}null{{ ', ' if not loop.last }}{% endfor %})
    {%- endcall %}
  {% endif %}

  {% do write_to_file(rows, location, write_options, options) %}
  {% do adapter.drop_relation(rows) %}

  {% set query -%}
    select * from {{ external_reader(format, adapter.external_read_location(location, options), options) }}
    {%- if filler %}
    where {% for name in names %}{{ name }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    {%- endif %}
  {%- endset %}
  {% call statement('main') -%}
    {{ get_external_view_sql(existing_relation, target_relation, query) }}
  {%- endcall %}

  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) %}
  {% do persist_docs(target_relation, model) %}
  {% do adapter.commit() %}

  {% if config.get('plugin') is not none or config.get('glue_register', default=false) %}
    {% do adapter.store_relation(config.get('plugin'), target_relation, [], location, format, config) %}
  {% endif %}
  {{ run_hooks(post_hooks, inside_transaction=false) }}

  {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{#- Where a model is written that names no `location`. -#}
{% macro external_location(relation, config) -%}
  {%- set ending = '.' ~ config.get('format', 'parquet') if config.get('options', {}).get('partition_by') is none else '' -%}
  {{- adapter.external_root() ~ '/' ~ relation.identifier ~ ending -}}
{%- endmacro %}


{#- The options of COPY that a model asks for, `format` and `delimiter` among them. -#}
{% macro render_write_options(config) -%}
  {%- set options = config.get('options', {}) -%}
  {%- if options is not mapping -%}
    {%- do exceptions.raise_compiler_error('The options argument must be a dictionary') -%}
  {%- endif -%}
  {%- set written = {} -%}
  {%- for name in options -%}
    {%- set value = options[name] -%}
    {%- if value is sequence and value is not string -%}
      {%- set value = '(' ~ value | join(', ') ~ ')' -%}
    {%- endif -%}
    {%- do written.update({name: render(value | string)}) -%}
  {%- endfor -%}
  {%- for name in ['format', 'delimiter'] if config.get(name) -%}
    {%- do written.update({name: render(config.get(name))}) -%}
  {%- endfor -%}
  {%- do return(written) -%}
{%- endmacro %}


{#- How the files are read back: as `format` says, or as they were written. -#}
{% macro external_format(options) %}
  {%- set known = ['csv', 'parquet', 'json'] -%}
  {%- set asked = config.get('format') -%}
  {%- if asked and asked not in known -%}
    {%- do exceptions.raise_compiler_error('Invalid format: ' ~ asked ~ '. Allowed formats are: ' ~ known | join(', ')) -%}
  {%- endif -%}
  {%- set written = options['format'] | lower -%}
  {{ return(asked or (written if written in known else 'parquet')) }}
{% endmacro %}


{#- The function of DuckDB that reads the files, with `parquet_read_options`, `csv_read_options` or `json_read_options`. -#}
{% macro external_reader(format, location, options) %}
  {%- set default = {'union_by_name': false} if format == 'parquet' else {'auto_detect': true} -%}
  {%- set settings = dict(config.get(format ~ '_read_options', default)) -%}
  {%- if options.get('compression') and format != 'parquet' and 'compression' not in settings -%}
    {%- do settings.update({'compression': options['compression']}) -%}
  {%- endif -%}
  {%- set parts = ["'" ~ location ~ "'"] -%}
  {%- for name in settings -%}
    {%- set value = settings[name] -%}
    {%- do parts.append(name ~ '=' ~ ("'" ~ value ~ "'" if value is string else value)) -%}
  {%- endfor -%}
  {{ return('read_' ~ format ~ '(' ~ parts | join(', ') ~ ')') }}
{% endmacro %}


{#- Writes a relation to a file or a folder. A folder is replaced whole, unless the options say that files are added
    to it. -#}
{% macro write_to_file(relation, location, options, given={}) %}
  {%- set replaces = given.get('overwrite') | string | lower in ['1', 'true'] -%}
  {%- set place = adapter.stage_file(location, replaces) -%}
  {% call statement('write_to_file') -%}
    copy {{ relation }} to '{{ place }}' ({{ options }})
  {%- endcall %}
  {% do adapter.publish_file(location) %}
{% endmacro %}


{#- A view over files, whatever stands in its place. The model's contract was held by what was written. -#}
{% macro get_external_view_sql(existing_relation, target_relation, query) %}
  {%- if existing_relation is not none and not existing_relation.is_view %}
  {{ get_drop_sql(existing_relation) }};
  {%- endif %}
  create or replace view {{ target_relation.render() }} as (
    {{ query }}
  );
{% endmacro %}


{% macro location_exists(location) -%}
  {% do return(adapter.location_exists(location)) %}
{%- endmacro %}


{% macro store_relation(plugin, relation, location, format, config) -%}
  {% do adapter.store_relation(plugin, relation, [], location, format, config) %}
{%- endmacro %}


{#- For on-run-start, where the database does not keep its views: makes those over the files of external models that
    the run reads and does not build. -#}
{% macro register_upstream_external_models() %}
  {% if not execute %}{{ return('') }}{% endif %}
  {%- set seen = [] -%}
  {% for id in selected_resources if id in graph.nodes %}
    {% for parent in graph.nodes[id].depends_on.nodes if parent not in seen and parent not in selected_resources %}
      {% do seen.append(parent) %}
      {% set node = graph.nodes.get(parent) %}
      {% if node and node.config.materialized == 'external' %}
        {% do register_external_model(node) %}
      {% endif %}
    {% endfor %}
  {% endfor %}
  {% do adapter.commit() %}
{% endmacro %}

{% macro register_external_model(node) %}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type='view') -%}
  {%- set location = render(node.config.get('location') or external_location(relation, node.config)) -%}
  {%- set options = render_write_options(node.config) -%}
  {% do adapter.external_write_options(location, options) %}
  {% call statement('schema') -%}
    create schema if not exists {{ relation.without_identifier() }}
  {%- endcall %}
  {% call statement('view') -%}
    create or replace view {{ relation }} as (select * from '{{ adapter.external_read_location(location, options) }}')
  {%- endcall %}
{% endmacro %}
