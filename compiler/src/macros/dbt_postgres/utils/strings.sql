{#- Parts from the end are counted by PostgreSQL itself from version 14 on; this works on older ones too. -#}
{% macro postgres__split_part(string_text, delimiter_text, part_number) -%}
  {%- if part_number is number and part_number < 0 -%}
  {{ _split_part_negative(string_text, delimiter_text, part_number) }}
  {%- else -%}
  {{ default__split_part(string_text, delimiter_text, part_number) }}
  {%- endif -%}
{%- endmacro %}
