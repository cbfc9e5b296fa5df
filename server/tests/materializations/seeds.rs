//! Tables from CSV files.

use crate::support::{Shop, on_each};

#[test]
fn types_are_guessed_or_given() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                (
                    "seeds/rates.csv",
                    "id,name,rate,day,code,Big Name\n1,a,1.5,2024-01-01,007,x\n2,,,2024-01-02,010,\n",
                ),
                (
                    "seeds/schema.yml",
                    "seeds: [{name: rates, config: {column_types: {code: varchar}, quote_columns: true}}]",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(
            shop.columns("rates"),
            [
                "id|INTEGER",
                "name|VARCHAR",
                "rate|DOUBLE",
                "day|DATE",
                "code|VARCHAR",
                "Big Name|VARCHAR"
            ]
        );
        assert_eq!(
            shop.rows("from rates order by id"),
            ["1|a|1.5|2024-01-01|007|x", "2|-|-|2024-01-02|010|-"]
        );
    });
}

#[test]
fn a_second_run_replaces_the_rows_and_a_refresh_the_columns() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("seeds/rates.csv", "id,name\n1,a\n"),
                ("models/reader.sql", "select id from {{ ref('rates') }}"),
            ],
        );
        shop.build(1);
        shop.write("seeds/rates.csv", "id,name\n2,b\n3,c\n");
        shop.build(1);
        assert_eq!(shop.rows("from rates order by id"), ["2|b", "3|c"]);

        shop.write("seeds/rates.csv", "id,label\n4,d\n");
        let message = shop.fails(1);
        assert!(
            message.contains("label") && message.contains("--full-refresh"),
            "{message}"
        );
        assert_eq!(shop.rows("from rates order by id"), ["2|b", "3|c"]);

        shop.refresh(1);
        assert_eq!(shop.columns("rates"), ["id|INTEGER", "label|VARCHAR"]);
        assert_eq!(shop.rows("from rates"), ["4|d"]);
        assert_eq!(shop.rows("from reader"), ["4"]);
    });
}
