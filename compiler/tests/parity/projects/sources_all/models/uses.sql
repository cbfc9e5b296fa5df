select * from {{ source('crm', 'people') }}, {{ source('plain', 't1') }}
