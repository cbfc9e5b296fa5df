//! The binary `refract` as a library: projects on disk, warehouses and the runs over them.

pub mod cli;
pub mod execute;
pub mod project;
