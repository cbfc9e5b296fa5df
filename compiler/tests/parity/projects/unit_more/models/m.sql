{% set x = var('x', 1) %}
select id, s, {{ x }} as x, '{{ env_var("PARITY_SET", "d") }}' as e, {{ my_macro() }} as mm from {{ ref('src') }} join {{ source('raw', 't') }} using (id)
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
