//! A project that cannot be written to, as in a container that mounts it.

use std::process::Command;

use crate::support::Project;

/// Makes the folder read-only for itself and runs the rest there.
const SCRIPT: &str =
    r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@""#;

/// Exit code and all that is said.
fn run(project: &Project, elsewhere: &Project, arguments: &[&str]) -> (i32, String) {
    let id = Command::new("id").arg("-u").output().expect("id").stdout;
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if id != b"0\n" {
        command.arg("--map-root-user");
    }
    let ran = command
        .args(["sh", "-c", SCRIPT, "read-only"])
        .arg(project.path(""))
        .arg(env!("CARGO_BIN_EXE_refract"))
        .args(arguments)
        .env("HOME", elsewhere.path("home"))
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("unshare is there on Debian");
    let said = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (
        ran.status.code().expect("not ended by a signal"),
        said.concat(),
    )
}

#[test]
fn a_project_that_is_read_only_runs_with_its_files_elsewhere() {
    let elsewhere = Project::empty_folder();
    let at = |name: &str| elsewhere.path(name).to_string_lossy().into_owned();
    let project = Project::shop().file(
        "profiles.yml",
        &format!(
            "shop: {{outputs: {{default: {{type: duckdb, path: {}}}}}}}",
            at("shop.duckdb")
        ),
    );
    let (target, logs) = (at("target"), at("logs"));
    let folders = ["--target-path", &target, "--log-path", &logs];
    let (code, said) = run(&project, &elsewhere, &[&["build"], &folders[..]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("WARNING"), "{said}");
    assert!(elsewhere.path("target/run_results.json").is_file());
    assert!(!project.path(".refract").exists());

    let (code, said) = run(&project, &elsewhere, &["build"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("Read-only file system"), "{said}");
    assert!(said.contains("--target-path"), "{said}");
}
