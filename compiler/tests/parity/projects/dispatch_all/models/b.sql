{%- call statement('x', fetch_result=true) -%} select 1 {%- endcall -%}
{% set s = load_result('x') %}
select {{ dbt_utils_like() }} as x
