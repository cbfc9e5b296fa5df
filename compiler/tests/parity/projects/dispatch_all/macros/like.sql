{%- macro dbt_utils_like() -%}
  {%- for i in range(2) -%}{{ chooser(true) }}{%- if not loop.last %}, {% endif -%}{%- endfor -%}
{%- endmacro -%}
