{{ keep(5) }}
{%- if execute %}
{%- set node = graph.nodes['model.habits.a'] %}
{%- do node.update({'alias': 'other', 'more': 2}) %}
{%- set again = graph.nodes.values() | selectattr('name', 'equalto', 'a') | first %}
{%- endif %}
select {{ kept() }}, '{{ node.alias }}', {{ node.get('more') }}, {{ 'more' in node.keys() }}, '{{ again.alias }}', {{ 'more' in again }}
