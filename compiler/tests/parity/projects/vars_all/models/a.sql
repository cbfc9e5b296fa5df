{{ config(tags=var('list'), meta={'shadow': var('shadow'), 'm': var('map')['k']}) }}
select '{{ var("mine") }}' as m, {{ var('nothing', none) }} as n
{% if var.has_var('mine') %}, {{ var('list') | length }} as l{% endif %}
