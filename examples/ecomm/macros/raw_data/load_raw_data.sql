{#- Makes the shop's raw tables as its loader would: run it once, or again to start afresh.

      refract run-operation load_raw_data

    Everything lies in the past of the moment of loading, so that source freshness and the feature windows
    mean something. The variable `as_of` names another moment. -#}
{% macro load_raw_data() %}
  {%- set as_of = raw_data_moment() -%}
  {%- set schema = raw_schema() -%}

  {% do execute_in_transaction([
    'create schema if not exists ' ~ schema,
    drop_if_exists('view', schema ~ '.orders_legacy'),
    drop_if_exists('table', schema ~ '.orders'),
    drop_if_exists('table', schema ~ '.customers'),
    drop_if_exists('table', schema ~ '.products'),
    drop_if_exists('table', schema ~ '.sessions'),
    'create table ' ~ schema ~ '.customers as ' ~ raw_customer_rows(as_of),
    'create table ' ~ schema ~ '.products as ' ~ raw_product_rows(as_of),
    'create table ' ~ schema ~ '.orders as ' ~ raw_order_rows(1, raw_sizes().orders, as_of),
    'create table ' ~ schema ~ '.sessions as ' ~ raw_session_rows(as_of),
    create_legacy_view(schema)
  ]) %}

  {% for table in ['customers', 'products', 'orders', 'sessions'] %}
    {%- set counted = run_query('select count(*) as row_count from ' ~ schema ~ '.' ~ table) -%}
    {% do log(schema ~ '.' ~ table ~ ': ' ~ counted.columns[0].values()[0] ~ ' rows', info=true) %}
  {% endfor %}
{% endmacro %}

{#- What happens in the shop between two nights: new orders of the last hours (a few of them garbage, or
    loaded twice), and other prices for some products. Build again afterwards, and look at what the
    incremental models and the snapshots made of it.

      refract run-operation load_new_orders -#}
{% macro load_new_orders(count=2000) %}
  {%- set as_of = raw_data_moment() -%}
  {%- set schema = raw_schema() -%}
  {#- Numbers that no order has yet: each order is at least one row. -#}
  {%- set known = raw_sizes().orders + run_query('select count(*) from ' ~ schema ~ '.orders').columns[0].values()[0] | int -%}
  {%- set columns = 'order_id, customer_id, product_id, product_category_code, status, total_amount_cents, discount_cents, created_at, completed_at, _loaded_at' -%}

  {% do execute_in_transaction([
    'insert into ' ~ schema ~ '.orders (' ~ columns ~ ') '
      ~ raw_order_rows(known + 1, known + count, as_of, newest_only=true),
    'update ' ~ schema ~ ".products set price_cents = price_cents + 100, updated_at = timestamp '" ~ as_of ~ "'"
      ~ ' where product_id % 40 = ' ~ known % 40
  ]) %}
  {% do log(count ~ ' new orders in ' ~ schema ~ '.orders, other prices for some products', info=true) %}
{% endmacro %}

{#- The schema of the source `raw`, here because a macro outside the graph cannot use source(). -#}
{% macro raw_schema() %}
  {{ return('raw_data') }}
{% endmacro %}

{% macro raw_data_moment() %}
  {{ return(var('as_of', none) or run_started_at.strftime('%Y-%m-%d %H:%M:%S')) }}
{% endmacro %}

{#- PostgreSQL ties a view to the table below it, so the staging views go too; the next build makes them. -#}
{% macro drop_if_exists(kind, name) %}
  {{ return('drop ' ~ kind ~ ' if exists ' ~ name ~ ' cascade') }}
{% endmacro %}

{#- What the shop's oldest reports still read. Its product_category_id has had no values since the column
    was renamed, and selecting it is no error: that is how the incident in the README began. -#}
{% macro create_legacy_view(schema) %}
  {{ return(
    'create view ' ~ schema ~ '.orders_legacy as'
    ~ ' select order_id, customer_id, product_id, cast(null as varchar) as product_category_id,'
    ~ ' status, total_amount_cents, created_at from ' ~ schema ~ '.orders'
  ) }}
{% endmacro %}

{#- All statements or none: whoever reads meanwhile sees the old tables. -#}
{% macro execute_in_transaction(statements) %}
  {% if execute %}
    {% for sql in statements %}
      {% call statement('raw_data_' ~ loop.index, fetch_result=false, auto_begin=true) %}
        {{ sql }}
      {% endcall %}
    {% endfor %}
    {% do adapter.commit() %}
  {% endif %}
{% endmacro %}
