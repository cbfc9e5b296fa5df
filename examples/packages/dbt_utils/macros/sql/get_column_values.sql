{% macro get_column_values(table, column, order_by='count(*) desc', max_records=none, default=none, where=none) %}

{%- if not execute -%}
  {{ return(default if default is not none else []) }}
{%- endif -%}

{%- if table.is_cte -%}
  {{ exceptions.raise_compiler_error("get_column_values: an ephemeral model has no relation to read") }}
{%- endif -%}

{%- if load_relation(table) is none -%}
  {%- if default is none -%}
    {{ exceptions.raise_compiler_error("get_column_values: " ~ table ~ " does not exist and no default is given") }}
  {%- endif -%}
  {{ return(default) }}
{%- endif -%}

{%- set query %}
select {{ column }} as value
from {{ table }}
{%- if where is not none %}
where {{ where }}
{%- endif %}
group by {{ column }}
order by {{ order_by }}
{%- if max_records is not none %}
limit {{ max_records }}
{%- endif %}
{%- endset -%}

{{ return(run_query(query).columns[0].values() | list) }}

{% endmacro %}
