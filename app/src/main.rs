//! Refract's catalog in the browser.

fn main() {}
