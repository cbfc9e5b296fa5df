{{ config(enabled=target.nobody is defined) }}
{% set person = target.nobody %}
{% set theirs = var(person) %}
select '{{ theirs["database"] }}' as d
