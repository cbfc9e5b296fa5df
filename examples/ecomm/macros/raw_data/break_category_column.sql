{#- The incident, on purpose: the shop's team renames product_category_code in the raw orders once more.

      refract run-operation break_category_column

    As it happened, the old name lives on, empty, for old readers: no statement fails, every category is
    NULL. With `--args '{loud: true}'` the old name is gone, and the first statement that uses it fails. -#}
{% macro break_category_column(loud=false) %}
  {%- set orders = raw_schema() ~ '.orders' -%}
  {% if category_column_is_broken() %}
    {% do log('product_category_code is broken already; mend it with fix_category_column', info=true) %}
    {{ return('') }}
  {% endif %}

  {%- set statements = ['alter table ' ~ orders ~ ' rename column product_category_code to product_category_key'] -%}
  {% if not loud %}
    {% do statements.append('alter table ' ~ orders ~ ' add column product_category_code varchar') %}
  {% endif %}
  {% do execute_in_transaction(statements) %}
  {% do log('raw orders: product_category_code is now product_category_key'
    ~ ('' if loud else ', and the old name is left, with nothing in it'), info=true) %}
{% endmacro %}

{#- Takes the rename back.

      refract run-operation fix_category_column -#}
{% macro fix_category_column() %}
  {%- set orders = raw_schema() ~ '.orders' -%}
  {% if not category_column_is_broken() %}
    {% do log('product_category_code is in order', info=true) %}
    {{ return('') }}
  {% endif %}

  {% do execute_in_transaction([
    'alter table ' ~ orders ~ ' drop column if exists product_category_code cascade',
    'alter table ' ~ orders ~ ' rename column product_category_key to product_category_code'
  ]) %}
  {% do log('raw orders: product_category_code is back', info=true) %}
{% endmacro %}

{% macro category_column_is_broken() %}
  {%- set found = run_query(
    "select count(*) from information_schema.columns where table_schema = '" ~ raw_schema() ~ "'"
    ~ " and table_name = 'orders' and column_name = 'product_category_key'"
  ) -%}
  {{ return(found.columns[0].values()[0] | int > 0) }}
{% endmacro %}
