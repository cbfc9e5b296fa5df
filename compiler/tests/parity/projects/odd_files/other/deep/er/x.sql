   

  select 1 as id from {{ ref('in_spaced') }}   
