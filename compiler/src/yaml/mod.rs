//! YAML with PyYAML's rules and spans.
