//! The binary `refract` as a library: projects on disk, warehouses and the runs over them.

pub mod adapter;
pub mod catalog;
pub mod cli;
pub mod commands;
pub mod console;
pub mod execute;
mod lineage;
pub mod packages;
pub mod project;
pub mod redact;
pub mod selection;
pub mod serve;
pub mod store;
