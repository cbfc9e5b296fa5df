//! The binary `refract`.

fn main() {}
