select {{ who() }} as a, {{ other.who() }} as b from {{ ref('shared') }}, {{ ref('other', 'shared') }}, {{ ref('same_names', 'shared') }}, {{ ref('inner') }}
