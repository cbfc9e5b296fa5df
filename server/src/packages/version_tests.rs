use super::{Range, Version, installable, newest};

const AVAILABLE: &[&str] = &[
    "0.9.0",
    "1.0.0",
    "1.0.1",
    "1.1.0-rc.1",
    "1.1.0rc2",
    "1.1.0",
    "1.2.0-a.10",
    "1.2.0-a.9",
    "2.0.0-beta",
    "2.0.0",
    "2.1.0+build5",
    "10.0.0",
];

/// Recorded from dbt 1.12.6: which versions count, the wanted range, what is chosen (`-` for none).
const CHOSEN: &str = "\
stable | 1.0.0 | 1.0.0
stable | =1.0.1 | 1.0.1
stable | >=1.0.0 | 10.0.0
stable | >1.0.0 <2.0.0 | 1.1.0
stable | >=1.0.0 <=1.1.0 | 1.1.0
stable | <2.0.0 | 1.1.0
stable | <=2.0.0 | 2.0.0
stable | >=1.0.0 <1.1.0 | 1.0.1
stable | 1.0.0 1.0.1 | CONFLICT
stable | >1.0.0 1.0.0 | CONFLICT
stable | >=1.0.0 1.0.0 | 1.0.0
stable | 1.0.0 1.0.0 | 1.0.0
stable | >=3.0.0 <2.0.0 | CONFLICT
stable | 1.1.0-rc.1 | -
stable | 1.1.0rc2 | -
stable | >=1.1.0-rc.1 <1.1.0 | -
stable | 2.1.0 | 2.1.0+build5
stable | >=2.0.0 <10.0.0 | 2.1.0+build5
stable | <1.0.0 | 0.9.0
stable | <0.9.0 | -
stable | >=1.0.0 >=1.1.0 <2.0.0 <=2.1.0 | 1.1.0
stable | >=1.0.0 >1.0.0 | 10.0.0
stable | <2.0.0 <=2.0.0 | 1.1.0
stable | <=2.0.0 <2.0.0 | 1.1.0
stable | >1.1.0 <1.1.0 | CONFLICT
stable | >=1.1.0 <=1.1.0 | 1.1.0
stable | <1.1.0 >=1.1.0 | CONFLICT
pre | 1.0.0 | 1.0.0
pre | =1.0.1 | 1.0.1
pre | >=1.0.0 | 10.0.0
pre | >1.0.0 <2.0.0 | 1.2.0-a.10
pre | >=1.0.0 <=1.1.0 | 1.1.0
pre | <2.0.0 | 1.2.0-a.10
pre | <=2.0.0 | 2.0.0
pre | >=1.0.0 <1.1.0 | 1.0.1
pre | 1.0.0 1.0.1 | CONFLICT
pre | >1.0.0 1.0.0 | CONFLICT
pre | >=1.0.0 1.0.0 | 1.0.0
pre | 1.0.0 1.0.0 | 1.0.0
pre | >=3.0.0 <2.0.0 | CONFLICT
pre | 1.1.0-rc.1 | 1.1.0-rc.1
pre | 1.1.0rc2 | 1.1.0rc2
pre | >=1.1.0-rc.1 <1.1.0 | -
pre | 2.1.0 | 2.1.0+build5
pre | >=2.0.0 <10.0.0 | 2.1.0+build5
pre | <1.0.0 | 0.9.0
pre | <0.9.0 | -
pre | >=1.0.0 >=1.1.0 <2.0.0 <=2.1.0 | 1.2.0-a.10
pre | >=1.0.0 >1.0.0 | 10.0.0
pre | <2.0.0 <=2.0.0 | 1.2.0-a.10
pre | <=2.0.0 <2.0.0 | 1.2.0-a.10
pre | >1.1.0 <1.1.0 | CONFLICT
pre | >=1.1.0 <=1.1.0 | 1.1.0
pre | <1.1.0 >=1.1.0 | CONFLICT";

#[test]
fn the_same_versions_are_chosen_as_dbt_chooses() {
    let available: Vec<String> = AVAILABLE.iter().map(|text| (*text).to_owned()).collect();
    for line in CHOSEN.lines() {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let wanted: Vec<Version> = parts[1]
            .split(' ')
            .map(|text| Version::parse(text).expect("a version"))
            .collect();
        let candidates = installable(&available, parts[0] == "pre");
        let chosen = match Range::of(&wanted) {
            Ok(range) => newest(&range, &candidates).unwrap_or_else(|| "-".to_owned()),
            Err(_) => "CONFLICT".to_owned(),
        };
        assert_eq!(chosen, parts[2], "{line}");
    }
    let order: Vec<String> = installable(&available, true)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        order.join(" "),
        "0.9.0 1.0.0 1.0.1 1.1.0-rc.1 1.1.0rc2 1.1.0 1.2.0-a.9 1.2.0-a.10 2.0.0-beta 2.0.0 2.1.0+build5 10.0.0"
    );
}

#[test]
fn what_dbt_takes_for_a_version_is_one() {
    for (text, shown) in [
        ("1.0.0a", "=1.0.0-a"),
        ("1.0.03", "=1.0.0-3"),
        ("1.0.0-", "=1.0.0--"),
        ("1.0.0+", "=1.0.0"),
        (">=1.0.0+a.b", ">=1.0.0+a.b"),
    ] {
        assert_eq!(
            Version::parse(text).map(|one| one.to_string()).as_deref(),
            Some(shown),
            "{text}"
        );
    }
    for text in [
        "1.0",
        "v1.0.0",
        "01.0.0",
        "==1.0.0",
        "=> 1.0.0",
        ">= 1.0.0",
        ">=1.0.0,<2.0.0",
        "1.0.0-rc.01",
        " 1.0.0",
        "",
    ] {
        assert_eq!(Version::parse(text), None, "{text}");
    }
}
