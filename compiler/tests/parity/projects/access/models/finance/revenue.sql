select * from {{ ref('ledger', 'entries') }}
