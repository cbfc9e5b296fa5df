{#- Noise that is the same on every database and in every run: whole numbers mixed by multiplying and
    squaring modulo the prime 2^31 - 1, which stays inside a bigint. `key` is a bigint, `salt` tells the
    properties of one key apart. The result is at least 0 and less than 1. -#}
{% macro noise(key, salt) -%}
  {%- set mixed = '((' ~ key ~ ' + ' ~ salt * 7907 ~ ') * ' ~ (48271 + salt * 2) ~ ' % 2147483647)' -%}
  (cast((({{ mixed }} * {{ mixed }} + {{ salt * 104729 }}) % 2147483647) * 69621 % 2147483647 as double precision) / 2147483647.0)
{%- endmacro %}

{#- A whole number from 0 up to and without `limit`, from a number between 0 and 1. -#}
{% macro pick(unit, limit) -%}
  cast(floor(({{ unit }}) * {{ limit }}) as bigint)
{%- endmacro %}

{#- One of the values, each as likely as the others, from a number between 0 and 1. -#}
{% macro pick_one(unit, values) -%}
  case {{ pick(unit, values | length) }}
  {%- for value in values[:-1] %} when {{ loop.index0 }} then '{{ value }}'{% endfor %} else '{{ values[-1] }}' end
{%- endmacro %}

{#- An id in the shape of a UUID. -#}
{% macro uuid_of(text) -%}
  {%- set digest = 'md5(' ~ text ~ ')' -%}
  substr({{ digest }}, 1, 8) || '-' || substr({{ digest }}, 9, 4) || '-' || substr({{ digest }}, 13, 4) || '-' || substr({{ digest }}, 17, 4) || '-' || substr({{ digest }}, 21, 12)
{%- endmacro %}
