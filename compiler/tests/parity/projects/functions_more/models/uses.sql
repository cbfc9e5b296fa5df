select {{ function('total') }}(i) as t, (select count(*) from {{ function('rows_of') }}(3)) as n from {{ ref('light') }}
