{% macro default__greet(name) %}'root {{ name }}'{% endmacro %}
{% macro duckdb__datediff(first_date, second_date, datepart) %}my_diff({{ first_date }}){% endmacro %}
{% macro wrap() %}{{ tools.greet('w') }} || {{ dbt.type_string() }}{% if execute %}{% do only_when_run() %}{% endif %}{% endmacro %}
{% macro only_when_run() %}{% set q = run_query('select 1') %}{{ return('') }}{% endmacro %}
{% macro chooser(which) %}{% set m = wrap if which else none %}{{ m() if m }}{% endmacro %}
