-- Fails when customers with orders in their window have no category. This is what the renamed column did
-- to the features: affinities of zero, in a table that looked healthy.
select
    customer_id,
    orders_30d,
    unique_categories_30d,
    top_category_code_30d,
    top_category_share_30d
from {{ ref('fct_user_features') }}
where orders_30d > 0
  and (unique_categories_30d = 0 or top_category_code_30d is null or top_category_share_30d = 0)
