//! Hooks run where they belong: outside the transaction, inside it, in order.

use crate::support::{Shop, on_each};

#[test]
fn hooks_run_in_order_around_the_model() {
    on_each(|place| {
        let shop = Shop::at(place, &[
        (
            "models/orders.sql",
            "{{ config(
                 materialized='table',
                 pre_hook=[\"create table if not exists {{ this.schema }}.log(word varchar, step integer)\", before_begin(\"create sequence if not exists {{ this.schema }}.steps\"), \"insert into {{ this.schema }}.log values ('pre', nextval('{{ this.schema }}.steps'))\"],
                 post_hook=[\"insert into {{ this.schema }}.log select 'post ' || count(*), nextval('{{ this.schema }}.steps') from {{ this }}\", after_commit(\"insert into {{ this.schema }}.log values ('after', nextval('{{ this.schema }}.steps'))\")]
             ) }}
             select 1 as id",
        ),
    ]);
        shop.build(1);
        assert_eq!(
            shop.rows("from log order by step"),
            ["pre|1", "post 1|2", "after|3"]
        );
    });
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

/// A project whose model and hook keep the text of the statement that they are in.
fn listening(comment: &str) -> Shop {
    let shop = Shop::new(&[(
        "models/orders.sql",
        "{{ config(pre_hook=\"insert into log values (current_query())\") }} select 1 as id",
    )]);
    let project = shop.read("dbt_project.yml");
    shop.write(
        "dbt_project.yml",
        &format!("{project}on-run-start: \"create or replace table log as select current_query() as query\"\n{comment}"),
    );
    shop.build(1);
    shop
}

#[test]
fn statements_carry_dbts_comment_behind_them() {
    let heard = listening("").rows("from log");
    let comment = |id: &str| {
        format!(
            "\n/* {{\"app\": \"dbt\", \"dbt_version\": \"1.12.6\", \"profile_name\": \"shop\", \"target_name\": \"dev\", \"node_id\": \"{id}\"}} */"
        )
    };
    let started = "create or replace table log as select current_query() as query";
    assert_eq!(
        heard,
        [
            format!("{started}{}", comment("operation.shop.shop-on-run-start-0")),
            format!(
                "\n        insert into log values (current_query()){}",
                comment("model.shop.orders")
            ),
        ]
    );
}

#[test]
fn a_project_words_its_own_comment_and_its_place() {
    let shop = listening(
        "query-comment: {comment: \"{{ node.name }} of {{ connection_name }}\", append: false}",
    );
    assert_eq!(
        shop.rows("from log")[1],
        "/* orders of model.shop.orders */\n\n        insert into log values (current_query())\n      "
    );
    let silent = listening("query-comment: ''");
    assert_eq!(
        silent.rows("from log")[1],
        "\n        insert into log values (current_query())\n      "
    );
}

#[test]
fn a_comment_that_ends_early_is_refused() {
    on_each(|place| {
        let shop = Shop::at(place, &[("models/orders.sql", "select 1 as id")]);
        let project = shop.read("dbt_project.yml");
        shop.write(
            "dbt_project.yml",
            &format!("{project}query-comment: 'a */ drop table x; /* b'\n"),
        );
        let message = shop.refused();
        assert!(message.contains("'*/' ends a comment"), "{message}");
    });
}
