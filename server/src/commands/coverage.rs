//! `refract docs coverage`.

use std::fmt::Write as _;

use compiler::artifacts::manifest::ResourceType;
use compiler::diag::Diagnostic;
use compiler::index::{self, CatalogIndex, CoverageReport, Gap, GapKind, Measure, Shares};
use serde_json::{Map, Value, json};

use super::Exit;
use super::context::Context;
use super::failure::Failure;
use super::lineage::read_catalog;
use super::selection::{Wanted, selected};
use crate::cli::docs::{CoverageArgs, CoverageOutput};
use crate::console::Record;
use crate::execute::Level;
use crate::lineage;

/// Models and columns named after a count at most.
const NAMED: usize = 8;

/// Says what is covered, and fails where it is less than was asked for.
pub fn coverage(context: &Context, args: &CoverageArgs) -> Result<Exit, Failure> {
    let limits = args.fail_under.as_deref().map(limits).transpose()?;
    let limits = limits.unwrap_or_default();
    let project = context.open()?;
    let wanted = Wanted {
        selection: &args.selection,
        kinds: None,
        default_kinds: &[ResourceType::Model],
        keep_empty: true,
    };
    let ids = selected(context, &project, &wanted)?;
    let catalog = read_catalog(&project.target_path.join("catalog.json"))?;
    let made = lineage::read(
        &project.manifest,
        catalog.as_ref(),
        &project.target_path,
        Some(&project.root),
        None,
    );
    let index = index::build(&project.manifest, catalog.as_ref(), None, None);
    // Without a selection the packages' models are not the project's own to cover.
    let everything = args.selection.select.is_empty() && args.selection.selector.is_none();
    let own = |package: &str| !everything || package == index.project.name;
    let positions = (0..index.nodes.len() as u32).filter(|position| {
        let node = &index.nodes[*position as usize];
        ids.contains(&node.unique_id) && own(&node.package)
    });
    let report = index::coverage(&index, made.lineage(), positions);
    let missed: Vec<Missed> = limits
        .into_iter()
        .filter(|(measure, limit)| report.total.percent(*measure) < *limit)
        .map(|(measure, limit)| Missed {
            measure,
            limit,
            percent: report.total.percent(measure),
        })
        .collect();
    let text = match args.output {
        CoverageOutput::Text => text(&index, &report, catalog.is_some()),
        CoverageOutput::Json => json_of(&index, &report, &missed).to_string(),
        CoverageOutput::Sarif => sarif(&index, &report).to_string(),
    };
    let text = text.trim_end();
    let mut data = Map::new();
    data.insert("msg".into(), text.into());
    context.console.product("Coverage", "Z901", text, data);
    if missed.is_empty() {
        return Ok(Exit::Fine);
    }
    let told: Vec<String> = missed.iter().map(Missed::told).collect();
    let message = format!("coverage is too low: {}", told.join(", "));
    context
        .console
        .log(Record::new("CoverageTooLow", "Z902", Level::Error, message));
    Ok(Exit::NodeFailed)
}

/// A share that is lower than was asked for.
struct Missed {
    measure: Measure,
    limit: f64,
    percent: f64,
}

impl Missed {
    fn told(&self) -> String {
        // Rounded down, so that a share just below its limit does not look as if it kept it.
        let percent = (self.percent * 10.0).floor() / 10.0;
        format!(
            "{} is {percent} %, below {} %",
            self.measure.as_str(),
            self.limit
        )
    }
}

/// Reads `80` or `tested=80,keys=100`.
fn limits(text: &str) -> Result<Vec<(Measure, f64)>, Failure> {
    let wrong = |part: &str| {
        let names: Vec<&str> = Measure::ALL
            .iter()
            .map(|measure| measure.as_str())
            .collect();
        Diagnostic::error("bad-option", format!("--fail-under cannot read '{part}'")).hint(format!(
            "write one number, such as 80, or NAME=NUMBER with {}",
            names.join(", ")
        ))
    };
    let number = |text: &str| {
        let number: f64 = text.trim().trim_end_matches('%').trim().parse().ok()?;
        (0.0..=100.0).contains(&number).then_some(number)
    };
    if let Some(all) = number(text) {
        let usual = [Measure::Tested, Measure::Described, Measure::Keys];
        return Ok(usual.map(|measure| (measure, all)).to_vec());
    }
    let mut limits = Vec::new();
    for part in text.split(',') {
        let (name, limit) = part.split_once('=').ok_or_else(|| wrong(part))?;
        let named = |measure: &&Measure| measure.as_str() == name.trim();
        let measure = Measure::ALL.iter().find(named);
        let limit = number(limit);
        let (Some(measure), Some(limit)) = (measure, limit) else {
            return Err(wrong(part).into());
        };
        limits.push((*measure, limit));
    }
    Ok(limits)
}

fn text(index: &CatalogIndex, report: &CoverageReport, has_catalog: bool) -> String {
    if report.total.coverage.models == 0 {
        return "No model was selected.".to_owned();
    }
    let mut out = table("folder", &report.folders, Some(&report.total));
    let owned = report.owners.iter().any(|(owner, _)| !owner.is_empty());
    if owned {
        out += "\n";
        out += &table("owner", &report.owners, None);
    }
    for (kind, what) in [
        (GapKind::Key, "Models without a tested key"),
        (GapKind::ModelDescription, "Models without a description"),
        (GapKind::ColumnTest, "Columns without a test"),
        (GapKind::ColumnDescription, "Columns without a description"),
    ] {
        let names: Vec<String> = report
            .gaps
            .iter()
            .filter(|gap| gap.kind == kind)
            .map(|gap| name(index, gap))
            .collect();
        if names.is_empty() {
            continue;
        }
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        let shown = &names[..names.len().min(NAMED)];
        let _ = writeln!(
            out,
            "\n{what} ({}): {}{more}",
            names.len(),
            shown.join(", ")
        );
    }
    if !has_catalog {
        out += "\nOnly documented columns are counted: refract docs generate asks the warehouse for all.\n";
    }
    out
}

fn name(index: &CatalogIndex, gap: &Gap) -> String {
    let node = index.nodes[gap.node as usize].label();
    match &gap.column {
        Some(column) => format!("{node}.{column}"),
        None => node,
    }
}

/// A table of shares, names to the left.
fn table(title: &str, rows: &[(String, Shares)], total: Option<&Shares>) -> String {
    let mut lines = vec![
        [
            title,
            "models",
            "columns",
            "tested",
            "proven",
            "described",
            "keys",
        ]
        .map(str::to_owned),
    ];
    let total = total.map(|shares| ("all".to_owned(), *shares));
    for (name, shares) in rows.iter().chain(&total) {
        let name = if name.is_empty() { "none" } else { name };
        let percent = |measure| format!("{} %", shares.percent(measure).floor());
        lines.push([
            name.to_owned(),
            shares.coverage.models.to_string(),
            shares.coverage.columns.to_string(),
            percent(Measure::Tested),
            percent(Measure::Proven),
            percent(Measure::Described),
            percent(Measure::Keys),
        ]);
    }
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut out = String::new();
    for line in &lines {
        let _ = write!(out, "{:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            let _ = write!(out, "  {cell:>width$}");
        }
        out += "\n";
    }
    out
}

fn json_of(index: &CatalogIndex, report: &CoverageReport, missed: &[Missed]) -> Value {
    let shares = |shares: &Shares| {
        let mut values = Map::new();
        values.insert("models".into(), shares.coverage.models.into());
        values.insert("columns".into(), shares.coverage.columns.into());
        for measure in Measure::ALL {
            let (some, all) = shares.of(measure);
            let share = json!({"count": some, "of": all, "percent": shares.percent(measure)});
            values.insert(format!("{}_share", measure.as_str()), share);
        }
        Value::Object(values)
    };
    let named = |rows: &[(String, Shares)]| {
        rows.iter()
            .map(|(name, counts)| (name.clone(), shares(counts)))
            .collect::<Map<String, Value>>()
    };
    let gaps = report.gaps.iter().map(|gap| {
        let node = &index.nodes[gap.node as usize];
        json!({
            "kind": rule(gap.kind).0,
            "unique_id": node.unique_id,
            "column": gap.column,
            "path": node.path,
            "owner": node.owner.as_deref(),
        })
    });
    json!({
        "total": shares(&report.total),
        "folders": named(&report.folders),
        "owners": named(&report.owners),
        "gaps": gaps.collect::<Vec<Value>>(),
        "missed": missed.iter().map(|missed| json!({
            "share": missed.measure.as_str(), "percent": missed.percent, "limit": missed.limit,
        })).collect::<Vec<Value>>(),
    })
}

/// A gap's name for tools, and what it is called.
fn rule(kind: GapKind) -> (&'static str, &'static str) {
    match kind {
        GapKind::Key => ("key-not-tested", "No test proves this model's primary key"),
        GapKind::ModelDescription => ("model-not-described", "This model has no description"),
        GapKind::ColumnDescription => ("column-not-described", "This column has no description"),
        GapKind::ColumnTest => (
            "column-not-tested",
            "This column has no test, and is no copy of a column with one",
        ),
    }
}

/// What is missing, in the format of code scanners. A gap stands in the file of its model.
fn sarif(index: &CatalogIndex, report: &CoverageReport) -> Value {
    let kinds = [
        GapKind::Key,
        GapKind::ModelDescription,
        GapKind::ColumnDescription,
        GapKind::ColumnTest,
    ];
    let rules = kinds.map(|kind| {
        let (id, text) = rule(kind);
        json!({"id": id, "shortDescription": {"text": text}})
    });
    let results = report.gaps.iter().map(|gap| {
        let node = &index.nodes[gap.node as usize];
        let (id, text) = rule(gap.kind);
        let level = if gap.kind == GapKind::Key { "warning" } else { "note" };
        json!({
            "ruleId": id,
            "level": level,
            "message": {"text": format!("{text}: {}", name(index, gap))},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": node.path, "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 1},
            }}],
            "partialFingerprints": {"gap/v1": format!("{id} {} {}", node.unique_id, gap.column.as_deref().unwrap_or_default())},
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "refract docs coverage",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "utf16CodeUnits",
            "results": results.collect::<Vec<Value>>(),
        }],
    })
}
