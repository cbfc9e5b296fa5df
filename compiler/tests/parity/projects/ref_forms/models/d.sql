-- depends_on: {{ ref('b') }}
{% if execute %}{% for n in graph.nodes.values() %}{% endfor %}{% endif %}
select * from {{ ref("c") }}
