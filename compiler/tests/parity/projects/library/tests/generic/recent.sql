{% test recent(model, column_name, days=1, since=None, other=None) %}
  {{ config(severity='warn', tags=['recent']) }}
  select * from {{ model }} where {{ column_name }} < current_date - {{ days }}
  {% if other %} and exists (select 1 from {{ other }}) {% endif %}
{% endtest %}
