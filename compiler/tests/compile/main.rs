//! From project files to the statements that a warehouse would get, without a warehouse.

mod materializations;
mod nodes;
mod support;
