{%- set x = [1,2,3] -%}
{% raw %}{{ not_rendered }}{% endraw %}
{% for i in x -%}
  {{ "select" if loop.first }} {{ i }}{{ "," if not loop.last }}
{%- endfor %}
{{ "-- " ~ ref('größe') }}
