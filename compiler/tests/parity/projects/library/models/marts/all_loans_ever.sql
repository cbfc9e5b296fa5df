{{ config(alias='loans', schema='core', database=target.database) }}
{{ all_loans() }}
