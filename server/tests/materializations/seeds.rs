//! Tables from CSV files.

use crate::support::{Place, Shop, on_each};

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

/// dbt-duckdb copies a file as it is written unless `fast` is off; other warehouses get what agate reads.
#[test]
fn the_word_null_is_a_text_to_duckdb_alone() {
    on_each(|place| {
        let file = "id,name\n1,null\n2,x\n3,\n";
        let shop = Shop::at(
            place,
            &[
                ("seeds/copied.csv", file),
                ("seeds/inserted.csv", file),
                (
                    "seeds/schema.yml",
                    "seeds: [{name: inserted, config: {fast: false}}]",
                ),
            ],
        );
        shop.build(2);
        let copied = match place {
            Place::DuckDb => "1|null",
            Place::Postgres => "1|-",
        };
        let rows = |table: &str| shop.rows(&format!("from {table} order by id"));
        assert_eq!(rows("copied"), [copied, "2|x", "3|-"]);
        assert_eq!(rows("inserted"), ["1|-", "2|x", "3|-"]);
    });
}

#[test]
fn blanks_around_a_name_that_is_not_quoted_are_none_of_it() {
    on_each(|place| {
        let schema = "seeds: [{name: rates, config: {quote_columns: false}}]";
        let shop = Shop::at(
            place,
            &[
                ("seeds/rates.csv", "id, Rate\n1,2\n"),
                ("seeds/schema.yml", schema),
            ],
        );
        shop.build(1);
        shop.build(1);
        assert_eq!(shop.rows("select id, rate from rates"), ["1|2"]);
    });
}

/// PostgreSQL keeps 63 bytes of a name, and a blank before one that is not quoted is none of it.
#[test]
fn a_column_with_a_long_name_is_known_again() {
    on_each(|place| {
        let long = format!("are_you_{}_now", "currently_".repeat(7));
        let file = format!("id, {long}\n1,a\n");
        let shop = Shop::at(place, &[("seeds/answers.csv", file.as_str())]);
        shop.build(1);
        shop.build(1);
        assert_eq!(shop.rows("from answers"), ["1|a"]);
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

#[test]
fn rows_go_by_the_names_of_their_columns() {
    on_each(|place| {
        let shop = Shop::at(place, &[("seeds/rates.csv", "id,name,label\n1,a,x\n")]);
        shop.build(1);
        shop.write("seeds/rates.csv", "label,name\ny,b\n");
        shop.build(1);
        assert_eq!(shop.rows("from rates"), ["-|b|y"]);
    });
}

#[test]
fn macros_may_look_at_the_rows() {
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("seeds/rates.csv", "id,name\n1,a\n2,\n"),
                (
                    "macros/seen.sql",
                    "{% macro load_csv_rows(model, agate_table) %}
                       {% set seen = [] %}
                       {% for row in agate_table.rows %}{% do seen.append(row['name'] ~ row.id) %}{% endfor %}
                       {% set stored = load_result('agate_table') %}
                       {% call statement('seen') %}
                         create table {{ this.schema }}.seen as
                         select '{{ seen | join(' ') }}' as rows, {{ agate_table | length }} as count,
                           '{{ agate_table.columns['id'].values() | sum }} {{ stored.data[1][0] }} {{ agate_table.rows[-1][0] }}' as more
                       {% endcall %}
                       {{ return(dbt.default__load_csv_rows(model, agate_table)) }}
                     {% endmacro %}",
                ),
            ],
        );
        shop.build(1);
        assert_eq!(shop.rows("from seen"), ["a1 None2|2|3 2 2"]);
        assert_eq!(shop.rows("from rates order by id"), ["1|a", "2|-"]);
    });
}

#[test]
fn what_is_wrong_with_a_file_is_named_with_its_line_and_column() {
    let cases: [(&[u8], [&str; 2]); 6] = [
        (
            b"id,name\n1,a\n2,b,c\n",
            ["the row has 3 values, but there are 2 columns\n  at seeds/rates.csv:3:5"; 2],
        ),
        (
            b"id,name\n1,\"a\n2,b\n",
            ["the value begins with a quote that is never closed\n  at seeds/rates.csv:2:3"; 2],
        ),
        (
            b"id,name\n1,a\n2,b\xFF\n",
            ["the file is not UTF-8 text\n  at seeds/rates.csv:3:4"; 2],
        ),
        (
            b"id,name,since\n1,\"a\nb\",2024-01-01\n2,c,soon\n",
            [
                "invalid date field format: \"soon\", expected format is (YYYY-MM-DD)\n  column 'since', at seeds/rates.csv:4:5",
                "invalid input syntax for type date: \"soon\"\n  column 'since', at seeds/rates.csv:4:5",
            ],
        ),
        (
            b"id,Zip Code\n1,123\n\n2,\"12,5\"\n",
            [
                "Could not convert string '12,5' to INT32\n  column 'Zip Code', at seeds/rates.csv:4:3",
                "invalid input syntax for type integer: \"12,5\"\n  column 'Zip Code', at seeds/rates.csv:4:3",
            ],
        ),
        (
            b"id\n1\n3000000000\n",
            [
                "Type INT64 with value 3000000000 can't be cast because the value is out of range for the destination type INT32\n  column 'id', at seeds/rates.csv:3:1",
                "value \"3000000000\" is out of range for type integer\n  column 'id', at seeds/rates.csv:3:1",
            ],
        ),
    ];
    on_each(|place| {
        let shop = Shop::at(
            place,
            &[
                ("seeds/rates.csv", "id\n1\n"),
                (
                    "seeds/schema.yml",
                    "seeds: [{name: rates, config: {column_types: {since: date, Zip Code: integer}}}]",
                ),
            ],
        );
        for (csv, expected) in cases {
            std::fs::write(shop.path("seeds/rates.csv"), csv).unwrap();
            let message = shop.fails(1);
            let expected = expected[usize::from(place == Place::Postgres)];
            assert!(
                message.contains(expected),
                "{message}\n--- is not ---\n{expected}"
            );
        }
        assert_eq!(shop.relations(), [""; 0]);
    });
}

/// What a loader might take for something else: the end of a `COPY`, its NULL, its separators, escapes.
#[test]
fn odd_values_are_the_same_on_both_warehouses() {
    let file = "id,word,flag,at,day,price,large,huge\n\
                1,\\N,true,2024-01-02 03:04:05,2024-01-02,1.10,9999999999,12345678901234567890\n\
                2,\\.,False,1969-12-31 23:59:59,2024-12-31,-0.001,-1,1\n\
                3,\"tab\there\\tno \\\\ it's\",TRUE,,1999-01-01,1e3,0,2\n\
                4,\"line\none\rtwo\",,2024-02-29 00:00:00,,,,\n\
                5,\"say \"\"no\"\"\",false,,,123456789.123456789,1,3\n\
                6,\u{e4}\u{1F600},,,,,,\n\
                7, padded ,,,,,,\n\
                8,\"a,b;c|d\",,,,,,\n";
    on_each(|place| {
        let types =
            "seeds: [{name: odd, config: {column_types: {large: bigint, huge: 'numeric(30, 0)'}}}]";
        let shop = Shop::at(place, &[("seeds/odd.csv", file), ("seeds/odd.yml", types)]);
        shop.build(1);
        let mut types = shop.columns("odd");
        assert!(types[7].starts_with("huge|"), "{types:?}");
        types.pop();
        assert_eq!(
            types,
            [
                "id|INTEGER",
                "word|VARCHAR",
                "flag|BOOLEAN",
                match place {
                    Place::DuckDb => "at|TIMESTAMP",
                    Place::Postgres => "at|TIMESTAMP WITHOUT TIME ZONE",
                },
                "day|DATE",
                "price|DOUBLE",
                "large|BIGINT"
            ]
        );
        assert_eq!(
            shop.rows("from odd order by id"),
            [
                r"1|\N|true|2024-01-02 03:04:05|2024-01-02|1.1|9999999999|12345678901234567890",
                r"2|\.|false|1969-12-31 23:59:59|2024-12-31|-0.001|-1|1",
                "3|tab\there\\tno \\\\ it's|true|-|1999-01-01|1000.0|0|2",
                "4|line\none\ntwo|-|2024-02-29 00:00:00|-|-|-|-",
                r#"5|say "no"|false|-|-|123456789.12345679|1|3"#,
                "6|\u{e4}\u{1F600}|-|-|-|-|-|-",
                "7| padded |-|-|-|-|-|-",
                "8|a,b;c|d|-|-|-|-|-|-",
            ]
        );
    });
}
