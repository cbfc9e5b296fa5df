//! Rows as a table for people and as JSON.

use compiler::adapter::{Cell, Table};
use serde_json::{Map, Number, Value};

/// Columns of text that a cell may take before it is cut.
const MAX_CELL: usize = 60;

/// Width of tables where there is no terminal to ask.
const WIDTH: usize = 80;

/// The table as wide as the terminal is.
pub fn fitted(table: &Table) -> String {
    let width = ::console::Term::stdout()
        .size_checked()
        .map_or(WIDTH, |(_, columns)| usize::from(columns));
    text(table, width)
}

/// The table with aligned columns, in the form of Markdown; numbers to the right.
pub fn text(table: &Table, width: usize) -> String {
    let columns: Vec<Vec<String>> = (0..table.columns.len())
        .map(|index| {
            table
                .rows
                .iter()
                .map(|row| row.get(index).map_or_else(String::new, cell_text))
                .collect()
        })
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .zip(&table.columns)
        .map(|(cells, column)| {
            cells
                .iter()
                .map(|cell| measure(cell))
                .chain([measure(&column.name), 3])
                .max()
                .unwrap_or(3)
        })
        .collect();
    let shown = columns_that_fit(&widths, width);
    let cut = shown < widths.len();
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let mut parts: Vec<String> = cells.take(shown).collect();
        if cut {
            parts.push("...".to_owned());
        }
        format!("| {} |", parts.join(" | "))
    };
    let mut lines = vec![
        line(
            &mut table
                .columns
                .iter()
                .zip(&widths)
                .map(|(column, width)| pad(&column.name, *width, false)),
        ),
        line(&mut widths.iter().map(|width| "-".repeat(*width))),
    ];
    if cut && let Some(rule) = lines.last_mut() {
        *rule = rule.replace("...", "---");
    }
    for (number, row) in table.rows.iter().enumerate() {
        lines.push(line(&mut columns.iter().zip(&widths).zip(row).map(
            |((cells, width), cell)| pad(&cells[number], *width, is_number(cell)),
        )));
    }
    lines.join("\n")
}

/// How many columns from the left fit into `width`; at least one.
fn columns_that_fit(widths: &[usize], width: usize) -> usize {
    let total: usize = widths.iter().map(|column| column + 3).sum::<usize>() + 1;
    if total <= width {
        return widths.len();
    }
    let mut used = "| ... |".len() - 1;
    let fitting = widths
        .iter()
        .take_while(|column| {
            used += **column + 3;
            used <= width
        })
        .count();
    fitting.max(1).min(widths.len())
}

fn pad(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(measure(text)));
    if right {
        space + text
    } else {
        text.to_owned() + &space
    }
}

fn measure(text: &str) -> usize {
    ::console::measure_text_width(text)
}

fn is_number(cell: &Cell) -> bool {
    matches!(cell, Cell::Int(_) | Cell::Float(_) | Cell::Decimal(_))
}

fn cell_text(cell: &Cell) -> String {
    let text = match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) => text.clone(),
        Cell::Timestamp(text) => text.replacen('T', " ", 1),
    };
    let flat = text.replace(['\n', '\r', '\t'], " ");
    if measure(&flat) > MAX_CELL {
        flat.chars().take(MAX_CELL - 1).chain(['…']).collect()
    } else {
        flat
    }
}

/// One object a row, numbers as numbers.
pub fn json(table: &Table) -> Value {
    let rows = table.rows.iter().map(|row| {
        let object: Map<String, Value> = table
            .columns
            .iter()
            .zip(row)
            .map(|(column, cell)| (column.name.clone(), cell_json(cell)))
            .collect();
        Value::Object(object)
    });
    rows.collect()
}

fn cell_json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::from(*value),
        Cell::Int(value) => Value::from(*value),
        Cell::Float(value) => Number::from_f64(*value).map_or(Value::Null, Value::Number),
        // As dbt does; the exact digits are in the text form.
        Cell::Decimal(text) => text
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or_else(|| text.clone().into(), Value::Number),
        Cell::Text(text) | Cell::Date(text) | Cell::Timestamp(text) => text.clone().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use compiler::adapter::Column;

    fn sample() -> Table {
        let column = |name: &str| Column {
            name: name.into(),
            data_type: String::new(),
        };
        Table {
            columns: vec![column("id"), column("city"), column("amount")],
            rows: vec![
                vec![
                    Cell::Int(1),
                    Cell::Text("Köln".into()),
                    Cell::Decimal("10.50".into()),
                ],
                vec![Cell::Int(20), Cell::Null, Cell::Float(2.5)],
            ],
        }
    }

    #[test]
    fn columns_are_aligned() {
        let expected = "| id  | city | amount |\n| --- | ---- | ------ |\n|   1 | Köln |  10.50 |\n|  20 |      |    2.5 |";
        assert_eq!(text(&sample(), 80), expected);
    }

    #[test]
    fn what_does_not_fit_is_said_to_be_left_out() {
        let expected = "| id  | city | ... |\n| --- | ---- | --- |\n|   1 | Köln | ... |\n|  20 |      | ... |";
        assert_eq!(text(&sample(), 22), expected);
    }

    #[test]
    fn json_keeps_numbers() {
        let expected = serde_json::json!([
            {"id": 1, "city": "Köln", "amount": 10.5}, {"id": 20, "city": null, "amount": 2.5}
        ]);
        assert_eq!(json(&sample()), expected);
    }
}
