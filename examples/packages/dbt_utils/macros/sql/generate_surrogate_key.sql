{% macro generate_surrogate_key(field_list) %}

{#- A NULL gets a word of its own, so that (NULL, 'a') and ('', 'a') are different keys. -#}
{%- set null_word = "_dbt_utils_surrogate_key_null_" -%}
{%- if var('surrogate_key_treat_nulls_as_empty_strings', false) -%}
  {%- set null_word = "" -%}
{%- endif -%}

{%- set parts = [] -%}
{%- for field in field_list -%}
  {%- do parts.append("coalesce(cast(" ~ field ~ " as " ~ dbt.type_string() ~ "), '" ~ null_word ~ "')") -%}
{%- endfor -%}

md5({{ parts | join(" || '-' || ") }})

{%- endmacro %}
