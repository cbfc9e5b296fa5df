//! Ctrl-C while a seed is loaded.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Project, on_each};

const ROWS: u32 = 1_000_000;

/// Starts `refract seed` and waits until what goes before the loading of the rows is done.
fn loading(project: &Project, more: &[&str], before: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_refract"))
        .args(["seed", "--debug", "--no-use-colors"])
        .args(more)
        .current_dir(project.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut next = |words: &str| {
        let mut told = String::new();
        let found = lines.any(|line| {
            let line = line.expect("text");
            told += &line;
            told += "\n";
            line.contains(words)
        });
        assert!(found, "{words}: {told}");
    };
    next(before);
    next("SQL status: ");
    // The rest is read to the end, so that nobody waits for it to be.
    std::thread::spawn(move || lines.count());
    child
}

/// Interrupts and waits for the end, which comes soon.
fn interrupt(mut child: Child) {
    let begun = Instant::now();
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.expect("kill is there").success());
    let ended = child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(2));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_seed_that_is_stopped_while_it_loads_is_as_it_was() {
    on_each(|place| {
        let rows: Vec<String> = (0..ROWS).map(|row| format!("{row},new")).collect();
        let (small, large) = (
            "id,name\n1,old\n",
            format!("id,name\n{}\n", rows.join("\n")),
        );
        let project = Project::at(place).file("seeds/stock.csv", &large);
        let relations =
            "select table_name from information_schema.tables where table_schema = 'main'";
        interrupt(loading(&project, &[], "create table"));
        assert_eq!(project.rows(relations), [""; 0]);

        let project = project.file("seeds/stock.csv", small);
        project.refract(&["seed"]).succeeds();
        let project = project.file("seeds/stock.csv", &large);
        for (more, before) in [(&[][..], "truncate"), (&["--full-refresh"], "create table")] {
            interrupt(loading(&project, more, before));
            assert_eq!(project.rows(relations), ["stock"]);
            assert_eq!(project.rows("select id, name from stock"), ["1|old"]);
        }
        project.refract(&["retry"]).succeeds();
        let loaded = project.rows("select count(*), max(name) from stock");
        assert_eq!(loaded, [format!("{ROWS}|new")]);
    });
}
