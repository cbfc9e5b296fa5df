{% macro keep(value) %}{% do context.update({'kept_value': value, 'kept': [value]}) %}{% endmacro %}

{% macro kept() %}{{ context.get('kept_value', 0) }}, {{ context['kept'][0] }}, {{ kept_value }}{% endmacro %}
