use super::{Addition, Kind, edit, is_same};

fn check(text: &str, name: &str, kind: Kind, expected: &str) {
    let addition = Addition::parse(name, kind).expect("a package");
    let (edited, _) = edit(text, "packages.yml", &addition).expect("edited");
    assert_eq!(edited, expected);
    compiler::yaml::load(&edited, "packages.yml").expect("still YAML");
}

#[test]
fn comments_and_other_entries_stay() {
    check(
        "# ours\npackages:\n  - package: a/b # why\n    version: 1.0.0\n  # the next\n  - local: ../x\n\nother: 1\n",
        "dbt-labs/dbt_utils@1.3.3",
        Kind::Hub,
        "# ours\npackages:\n  - package: a/b # why\n    version: 1.0.0\n  # the next\n  - local: ../x\n  - package: dbt-labs/dbt_utils\n    version: 1.3.3\n\nother: 1\n",
    );
}

#[test]
fn what_is_the_same_package_is_replaced() {
    check(
        "packages:\n- git: https://h.org/dbt-labs/dbt-utils.git\n  revision: 1.0.0\n- package: a/b\n  version:\n    - '>=1.0.0'\n    - <2.0.0\n",
        "dbt-labs/dbt_utils@>=1.0.0,<2.0.0",
        Kind::Hub,
        "packages:\n- package: a/b\n  version:\n    - '>=1.0.0'\n    - <2.0.0\n- package: dbt-labs/dbt_utils\n  version:\n    - '>=1.0.0'\n    - <2.0.0\n",
    );
    assert!(!is_same("dbt-labs/dbt_utils", "dbt-labs/dbt_utils_more"));
    assert!(!is_same("dbt-core", "https://h.org/x/dbt-core-utils.git"));
}

#[test]
fn lists_of_all_kinds_are_begun_or_written_anew() {
    let entry = "packages:\n  - local: ../x\n";
    check("packages: []\n", "../x", Kind::Local, entry);
    check("", "../x", Kind::Local, entry);
    check(
        "# none yet\npackages:\n",
        "../x",
        Kind::Local,
        "# none yet\npackages:\n  - local: ../x\n",
    );
    check(
        "projects:\n  - name: p\n",
        "../x",
        Kind::Local,
        "projects:\n  - name: p\npackages:\n  - local: ../x\n",
    );
    check(
        "packages: [{package: a/b, version: 1.0.0}]\n",
        "git@h.org:c/d.git@main",
        Kind::Git,
        "packages:\n  - package: a/b\n    version: 1.0.0\n  - git: git@h.org:c/d.git\n    revision: main\n",
    );
}

#[test]
fn a_version_is_wanted() {
    for (text, kind) in [
        ("a/b", Kind::Hub),
        ("git@h.org:c/d.git", Kind::Git),
        ("https://u@h.org/c", Kind::Git),
    ] {
        let error = Addition::parse(text, kind).expect_err("no version");
        assert!(error.hint.is_some());
    }
}
