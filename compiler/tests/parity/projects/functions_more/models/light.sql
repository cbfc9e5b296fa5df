{{ config(materialized='ephemeral') }} select {{ calls() }} as i
