{% set f = second %}
select {{ f(1) }} as x, {{ context['third']() }} as y
