//! The binary `refract`.

use std::process::ExitCode;

/// Reading a project makes millions of small texts; the system's allocator takes a third of that time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::commands::main()
}
