{{ config(latest_version_pointer={'enabled': true}) }} select 3 as id
