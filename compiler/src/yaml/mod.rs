//! YAML with PyYAML's rules and spans.
//!
//! dbt reads YAML with PyYAML, which implements YAML 1.1: `yes` is true, `010` is eight, `1e3` is text.
//! The parser's events come from `saphyr-parser`; what they mean is decided here.

mod complaint;
mod load;
pub mod scalar;
pub(crate) mod shape;
mod value;

pub use load::{Document, load};
pub use value::{At, Entry, Mapping, Node, Value};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, expected: serde_json::Value) {
        let document = load(text, "f.yml").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(document.root.to_json(), expected, "{text}");
    }

    fn check_error(text: &str, message: &str, line: usize, column: usize) {
        let error = load(text, "f.yml").expect_err(text);
        let span = error.span.clone().expect("a span");
        assert!(error.message.contains(message), "{}", error.message);
        assert_eq!((span.line, span.column), (line, column), "{error}");
        assert!(error.hint.is_some(), "{error}");
    }

    #[test]
    fn trees_are_loaded() {
        check(
            "a: 1\nb: [x, 'y', \"z\"]\nc:\n  d: yes\n",
            json!({"a": 1, "b": ["x", "y", "z"], "c": {"d": true}}),
        );
        check("", json!(null));
        check("a: >\n  one\n  two\n", json!({"a": "one two\n"}));
        check("a: >\n  one\n  two", json!({"a": "one two"}));
        check("a: |\n  one\nb: c", json!({"a": "one\n", "b": "c"}));
        check("a: |+\n  one\n\n", json!({"a": "one\n\n"}));
        check(
            "a: !!str 1\nb: 'yes'\n1: x\ntrue: y\n",
            json!({"a": "1", "b": "yes", "1": "x", "true": "y"}),
        );
    }

    #[test]
    fn brackets_and_quotes_may_close_at_any_indentation() {
        check(
            "a:\n  - b: [\n    1, {x:\n  2}\n  ]\n    c: \"one\n two\n\n  three\"\nd: 3\n",
            json!({"a": [{"b": [1, {"x": 2}], "c": "one two\nthree"}], "d": 3}),
        );
        let document = load("a:\n  b: [\n  x]\n", "f.yml").expect("loads");
        let item = &document.root.as_mapping().expect("keys").get("a");
        let item = item.and_then(Node::as_mapping).and_then(|map| map.get("b"));
        let item = item.and_then(Node::as_sequence).expect("a list");
        assert_eq!(item[0].at, At { line: 3, column: 3 });
        check_error("a:\n  - b: [\n    1\n  ]\n c: 3\n", "", 5, 2);
    }

    #[test]
    fn anchors_and_merge_keys() {
        check(
            "base: &b {x: 1, y: 2}\nchild:\n  <<: *b\n  y: 3\nlist: [*b]\n",
            json!({"base": {"x": 1, "y": 2}, "child": {"x": 1, "y": 3}, "list": [{"x": 1, "y": 2}]}),
        );
        check(
            "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {<<: [*a, *b]}\n",
            json!({"a": {"x": 1}, "b": {"x": 2, "z": 3}, "c": {"x": 1, "z": 3}}),
        );
    }

    #[test]
    fn the_last_duplicate_wins_and_is_told() {
        let document = load("a: 1\nb: 2\na: 3\n", "f.yml").expect("loads");
        assert_eq!(document.root.to_json(), json!({"a": 3, "b": 2}));
        assert_eq!(
            document.duplicates,
            vec![("a".to_owned(), At { line: 3, column: 1 })]
        );
    }

    #[test]
    fn values_and_keys_have_places() {
        let document = load("models:\n  - name: x\n    description: y\n", "f.yml").expect("loads");
        let models = document
            .root
            .as_mapping()
            .and_then(|map| map.get("models"))
            .expect("models");
        let model = models
            .as_sequence()
            .and_then(|items| items[0].as_mapping())
            .expect("a model");
        assert_eq!(model.key_at("description"), Some(At { line: 3, column: 5 }));
        assert_eq!(
            model.get("description").map(|node| node.at),
            Some(At {
                line: 3,
                column: 18
            })
        );
    }

    #[test]
    fn errors_name_the_cause() {
        check_error("a:\n\t- b\n", "tab", 2, 1);
        check_error("a: {{ var('x') }}\n", "must be quoted", 1, 4);
        check_error("a: b: c\n", "second `: `", 1, 5);
        check_error("a:\n    - b\n  - c\n", "indentation", 3, 3);
        check_error("a: {{ x }}\nb: 1\n", "must be quoted", 1, 4);
    }
}
