{%- macro test_old_style(model) -%}select 1 from {{ model }} where false{%- endmacro -%}
