//! Lets binaries and tests find a prebuilt libduckdb where they were linked against one, links the C++ library where
//! DuckDB is inside (`DUCKDB_STATIC`), and embeds the web app anew when it was built again.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../dist");
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rerun-if-env-changed=DUCKDB_STATIC");
    if std::env::var("DUCKDB_STATIC").is_ok_and(|value| value != "0") {
        // After DuckDB's archive, whose symbols it has: the linker forgets libraries that nothing asked for yet.
        println!("cargo:rustc-link-arg=-lstdc++");
        return;
    }
    if let Ok(folder) = std::env::var("DUCKDB_LIB_DIR") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
