{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key=["id"], on_schema_change="sync_all_columns", incremental_predicates=["id > 1"], partition_by={"field": "x"}) }}
{% set tgt = this.identifier %}
select 1 as id, '{{ tgt }}' as t {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
