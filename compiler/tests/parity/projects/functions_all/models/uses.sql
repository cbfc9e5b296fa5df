select {{ function('is_positive') }}(w) as p, {{ function('functions_all', 'area') }}() as x from {{ ref('shapes') }}
