//! Hooks run where they belong: outside the transaction, inside it, in order.

use crate::support::Shop;

#[test]
fn hooks_run_in_order_around_the_model() {
    let shop = Shop::new(&[
        (
            "models/orders.sql",
            "{{ config(
                 materialized='table',
                 pre_hook=[\"create table if not exists log(word varchar, step integer)\", before_begin(\"create sequence if not exists steps\"), \"insert into log values ('pre', nextval('steps'))\"],
                 post_hook=[\"insert into log select 'post ' || count(*), nextval('steps') from {{ this }}\", after_commit(\"insert into log values ('after', nextval('steps'))\")]
             ) }}
             select 1 as id",
        ),
    ]);
    shop.build(1);
    assert_eq!(
        shop.rows("from log order by step"),
        ["pre|1", "post 1|2", "after|3"]
    );
}

#[test]
fn the_sql_header_runs_first() {
    let shop = Shop::new(&[(
        "models/orders.sql",
        "{{ config(materialized='table') }}
         {% call set_sql_header(config) %}create or replace temp macro double(x) as 2 * x;{% endcall %}
         select double(21) as id",
    )]);
    shop.build(1);
    assert_eq!(shop.rows("from orders"), ["42"]);
}
