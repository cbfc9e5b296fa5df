//! dbt's Jinja: scanning, macros, context.
