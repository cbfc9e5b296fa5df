{#- The size of the shop that the raw data describes. Orders and sessions are how many are drawn: those from
    before their customer signed up are left out, which leaves about 217,000 and 321,000. -#}
{% macro raw_sizes() %}
  {{ return({'customers': 20000, 'products': 2000, 'orders': 270000, 'sessions': 360000}) }}
{% endmacro %}

{% macro raw_category_codes() %}
  {{ return([
    'ELE-AUD', 'ELE-CAM', 'ELE-PHN', 'ELE-CMP', 'ELE-GAM',
    'HOM-KIT', 'HOM-FUR', 'HOM-DEC', 'HOM-GAR', 'HOM-BED',
    'FAS-WOM', 'FAS-MEN', 'FAS-KID', 'FAS-SHO', 'FAS-ACC',
    'SPO-OUT', 'SPO-FIT', 'SPO-CYC', 'BEA-SKN', 'BEA-HAI',
    'TOY-EDU', 'TOY-PUZ', 'BOO-FIC', 'BOO-NON'
  ]) }}
{% endmacro %}

{#- Properties of a customer and of a product that several raw tables need. -#}
{% macro raw_signup_age_days(customer_id) -%}
  (5 + {{ noise(customer_id, 41) }} * 895)
{%- endmacro %}

{% macro raw_price_cents(product_id) -%}
  (499 + {{ pick(noise(product_id, 51) ~ ' * ' ~ noise(product_id, 52), 24000) }})
{%- endmacro %}

{% macro raw_category_code(product_id) -%}
  {{ pick_one(noise(product_id, 53), raw_category_codes()) }}
{%- endmacro %}

{% macro raw_customer_rows(as_of) %}
with numbers as (
  select cast(i as bigint) as customer_id
  from generate_series(1, {{ raw_sizes().customers }}) as series(i)
),

drawn as (
  select
    customer_id,
    timestamp '{{ as_of }}' - {{ pick(raw_signup_age_days('customer_id') ~ ' * 86400', 1) }} * interval '1 second' as signed_up_at,
    {{ noise('customer_id', 42) }} as country_draw,
    {{ noise('customer_id', 43) }} as segment_draw,
    {{ noise('customer_id', 44) }} as opt_in_draw,
    {{ noise('customer_id', 45) }} as dirt_draw
  from numbers
)

select
  customer_id,
  -- addresses were typed by hand: some in capitals, some with blanks
  case
    when dirt_draw < 0.04 then upper('customer' || cast(customer_id as varchar) || '@example.com')
    when dirt_draw < 0.07 then '  customer' || cast(customer_id as varchar) || '@example.com '
    when dirt_draw < 0.08 then null
    else 'customer' || cast(customer_id as varchar) || '@example.com'
  end as email,
  {{ pick_one('country_draw', ['us', 'us', 'us', 'gb', 'de', 'de', 'fr', 'nl', 'ca', 'au']) }} as country,
  {{ pick_one('segment_draw', ['consumer', 'consumer', 'consumer', 'consumer', 'small_business', 'enterprise']) }} as segment,
  opt_in_draw < 0.61 as marketing_opt_in,
  signed_up_at,
  timestamp '{{ as_of }}' - interval '10 minutes' as _loaded_at
from drawn
{% endmacro %}

{#- A product's own dates do not move with `as_of`: a price that did not change must not look changed. -#}
{% macro raw_product_rows(as_of) %}
with numbers as (
  select cast(i as bigint) as product_id
  from generate_series(1, {{ raw_sizes().products }}) as series(i)
)

select
  product_id,
  'Product ' || lpad(cast(product_id as varchar), 5, '0') as product_name,
  {{ raw_category_code('product_id') }} as product_category_code,
  {{ raw_price_cents('product_id') }} as price_cents,
  {{ pick(raw_price_cents('product_id') ~ ' * (0.35 + 0.4 * ' ~ noise('product_id', 54) ~ ')', 1) }} as cost_cents,
  {{ noise('product_id', 55) }} >= 0.06 as is_active,
  timestamp '2025-01-01 00:00:00' - {{ pick(noise('product_id', 56), 900) }} * interval '1 day' as launched_at,
  timestamp '2025-01-01 00:00:00' + {{ pick(noise('product_id', 57), 86400) }} * interval '1 second' as updated_at,
  timestamp '{{ as_of }}' - interval '10 minutes' as _loaded_at
from numbers
{% endmacro %}

{#- Orders number `first` to `last`, with what real loaders do to them: a few arrive days late, some are
    loaded twice, statuses are written in every way, discounts are missing, negative or larger than the
    order, and a handful of rows have no order id at all. `newest_only` gives orders of the last hours. -#}
{% macro raw_order_rows(first, last, as_of, newest_only=false) %}
with numbers as (
  select cast(i as bigint) as i
  from generate_series({{ first }}, {{ last }}) as series(i)
),

-- both lists are shuffled, so that a low number is no sign of a popular product
keys as (
  select
    i,
    1 + ({{ pick(noise('i', 1) ~ ' * (0.35 + 0.65 * ' ~ noise('i', 1) ~ ')', raw_sizes().customers) }} * 7919) % {{ raw_sizes().customers }} as customer_id,
    1 + ({{ pick(noise('i', 2) ~ ' * (0.30 + 0.70 * ' ~ noise('i', 2) ~ ')', raw_sizes().products) }} * 1013) % {{ raw_sizes().products }} as product_id,
    {{ noise('i', 3) }} as age_draw,
    {{ noise('i', 4) }} as status_draw,
    {{ noise('i', 5) }} as spelling_draw,
    {{ noise('i', 6) }} as quantity_draw,
    {{ noise('i', 7) }} as discount_kind_draw,
    {{ noise('i', 8) }} as discount_draw,
    {{ noise('i', 9) }} as completion_draw,
    {{ noise('i', 10) }} as loading_draw,
    {{ noise('i', 11) }} as duplicate_draw
  from numbers
),

drawn as (
  select
    *,
    {% if newest_only -%}
    {{ pick('age_draw', 6 * 3600) }} as age_seconds,
    {%- else -%}
    -- 400 days, a little denser towards the end: the shop grows
    60 + {{ pick('age_draw * (0.85 + 0.15 * age_draw)', 400 * 86400) }} as age_seconds,
    {%- endif %}
    {{ pick(raw_signup_age_days('customer_id'), 86400) }} as signup_age_seconds,
    {{ raw_category_code('product_id') }} as product_category_code,
    {{ raw_price_cents('product_id') }} * (1 + {{ pick('quantity_draw * quantity_draw', 4) }}) as price_total_cents,
    case
      when status_draw < 0.82 then 'completed'
      when status_draw < 0.88 then 'shipped'
      when status_draw < 0.92 then 'pending'
      when status_draw < 0.96 then 'cancelled'
      else 'returned'
    end as clean_status
  from keys
),

priced as (
  select
    *,
    timestamp '{{ as_of }}' - age_seconds * interval '1 second' as created_at,
    -- free samples
    case when discount_kind_draw >= 0.996 then 0 else price_total_cents end as total_amount_cents
  from drawn
  where age_seconds < signup_age_seconds
),

final_rows as (
  select
    i,
    {{ uuid_of("'order-' || cast(i as varchar)") }} as order_id,
    customer_id,
    product_id,
    product_category_code,
    case
      when spelling_draw < 0.84 then clean_status
      when spelling_draw < 0.91 then upper(clean_status)
      when spelling_draw < 0.96 then upper(substr(clean_status, 1, 1)) || substr(clean_status, 2)
      else '  ' || clean_status || ' '
    end as status,
    total_amount_cents,
    case
      when discount_kind_draw < 0.58 then 0
      when discount_kind_draw < 0.70 then null
      when discount_kind_draw < 0.975 then {{ pick('discount_draw * 0.45 * total_amount_cents', 1) }}
      when discount_kind_draw < 0.985 then total_amount_cents
      when discount_kind_draw < 0.990 then total_amount_cents + 500
      when discount_kind_draw < 0.994 then -1 * {{ pick('0.1 * total_amount_cents', 1) }}
      else 0
    end as discount_cents,
    created_at,
    case
      when clean_status in ('completed', 'returned')
      then least(
        created_at + (3600 + {{ pick('completion_draw', 259200) }}) * interval '1 second',
        timestamp '{{ as_of }}'
      )
    end as completed_at,
    -- most rows arrive within minutes, one in two hundred days later
    least(
      created_at + (
        case
          when loading_draw < 0.005 then 86400 + {{ pick('loading_draw * 200', 259200) }}
          else 120 + {{ pick('loading_draw', 480) }}
        end
      ) * interval '1 second',
      timestamp '{{ as_of }}'
    ) as _loaded_at,
    duplicate_draw
  from priced
)

select
  order_id, customer_id, product_id, product_category_code, status,
  total_amount_cents, discount_cents, created_at, completed_at, _loaded_at
from final_rows

union all

-- the first version of an order, loaded before it was complete
select
  order_id, customer_id, product_id, product_category_code, 'pending',
  total_amount_cents, discount_cents, created_at, cast(null as timestamp), created_at + interval '30 seconds'
from final_rows
where duplicate_draw < 0.008

union all

-- the same row, loaded twice
select
  order_id, customer_id, product_id, product_category_code, status,
  total_amount_cents, discount_cents, created_at, completed_at, _loaded_at
from final_rows
where duplicate_draw >= 0.008 and duplicate_draw < 0.012

union all

-- garbage: rows of the shop's own monitoring, without an order
select
  cast(null as varchar), cast(null as bigint), product_id, product_category_code, 'TEST',
  -1, cast(null as bigint), created_at, cast(null as timestamp), _loaded_at
from final_rows
where duplicate_draw >= 0.997
{% endmacro %}

{% macro raw_session_rows(as_of) %}
with numbers as (
  select cast(i as bigint) as i
  from generate_series(1, {{ raw_sizes().sessions }}) as series(i)
),

keys as (
  select
    i,
    1 + ({{ pick(noise('i', 21) ~ ' * (0.35 + 0.65 * ' ~ noise('i', 21) ~ ')', raw_sizes().customers) }} * 7919) % {{ raw_sizes().customers }} as customer_id,
    {{ noise('i', 22) }} as age_draw,
    {{ noise('i', 23) }} as anonymous_draw,
    {{ noise('i', 24) }} as device_draw,
    {{ noise('i', 25) }} as channel_draw,
    {{ noise('i', 26) }} as pages_draw,
    {{ noise('i', 27) }} as length_draw,
    {{ noise('i', 28) }} as cart_draw
  from numbers
),

drawn as (
  select
    *,
    60 + {{ pick('age_draw * (0.85 + 0.15 * age_draw)', 180 * 86400) }} as age_seconds,
    {{ pick(raw_signup_age_days('customer_id'), 86400) }} as signup_age_seconds,
    1 + {{ pick('pages_draw * pages_draw', 30) }} as page_views
  from keys
),

visits as (
  select *, timestamp '{{ as_of }}' - age_seconds * interval '1 second' as started_at
  from drawn
  where age_seconds < signup_age_seconds
)

select
  {{ uuid_of("'session-' || cast(i as varchar)") }} as session_id,
  -- visitors who did not log in
  case when anonymous_draw >= 0.18 then customer_id end as customer_id,
  started_at,
  least(started_at + (20 + {{ pick('length_draw', 90) }} * page_views) * interval '1 second', timestamp '{{ as_of }}') as ended_at,
  {{ pick_one('device_draw', ['mobile', 'mobile', 'Mobile', 'desktop', 'desktop', 'tablet']) }} as device,
  {{ pick_one('channel_draw', ['organic', 'organic', 'paid_search', 'email', 'social', 'direct']) }} as channel,
  page_views,
  page_views > 3 and cart_draw < 0.35 as added_to_cart,
  page_views > 3 and cart_draw < 0.12 as ordered,
  least(started_at + interval '5 minutes', timestamp '{{ as_of }}') as _loaded_at
from visits
{% endmacro %}
