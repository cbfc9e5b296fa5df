{#- Runs those hooks that belong inside the transaction, or those that do not. Before the latter, what is open is
    committed, so that they stand on their own. -#}
{% macro run_hooks(hooks, inside_transaction=true) %}
  {% for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) %}
    {% if not inside_transaction and loop.first %}
      {% do adapter.commit() %}
    {% endif %}
    {% set sql = render(hook.get('sql')) | trim %}
    {% if sql %}
      {% call statement(auto_begin=inside_transaction) %}
        {{ sql }}
      {% endcall %}
    {% endif %}
  {% endfor %}
{% endmacro %}


{#- A hook as configs hold it. -#}
{% macro make_hook_config(sql, inside_transaction) %}
  {{ return(tojson({'sql': sql, 'transaction': inside_transaction})) }}
{% endmacro %}

{#- A hook that runs before the transaction opens. -#}
{% macro before_begin(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=false)) }}
{% endmacro %}

{#- A hook that runs inside the transaction. -#}
{% macro in_transaction(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=true)) }}
{% endmacro %}

{#- A hook that runs when the transaction is committed. -#}
{% macro after_commit(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=false)) }}
{% endmacro %}
