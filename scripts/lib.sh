# Shared by the scripts: pinned versions, folders, and small helpers. Sourced, never run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WASM_BINDGEN_VERSION=0.2.130
TRUNK_VERSION=0.21.14
CARGO_FUZZ_VERSION=0.13.2
# The prebuilt libduckdb of developer builds: it travels inside an npm package.
DUCKDB_NPM=@duckdb/node-bindings-linux-x64
DUCKDB_NPM_VERSION=1.5.6-r.1
DUCKDB_SHA256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
# DuckDB's sources for a release: the ones that the Python package `duckdb` is built from, which hold the ICU extension
# too.
DUCKDB_VERSION=1.5.6
DUCKDB_SOURCE_SHA256=166a91dbfacfc0c9f08cc76c0243cb6d3d4296bfab5bad72a3cfb63140a5b7c8

CACHE=${REFRACT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/refract}
TOOLS=$CACHE/tools
export PATH=$TOOLS/bin:$PATH
if [ "${CI:-}" = true ] && [ -z "${CARGO_TARGET_DIR:-}" ]; then
  export CARGO_TARGET_DIR=$CACHE/target
fi
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
export DUCKDB_LIB_DIR=$CACHE/duckdb/$DUCKDB_NPM_VERSION/package

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

if [ ! -t 2 ] || [ -n "${NO_COLOR:-}" ]; then
  say() { printf '==> %s\n' "$*" >&2; }
fi

# debian COMMAND PACKAGE…: installs Debian packages where COMMAND is not there yet.
debian() {
  local command=$1
  shift
  command -v "$command" >/dev/null 2>&1 && return 0
  [ -x "$command" ] && return 0
  say "installing Debian packages: $*"
  local sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  command -v apt-get >/dev/null || fail "'$command' is missing and there is no apt-get: install $* yourself"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# cargo_tool COMMAND CRATE VERSION [FLAG…]: a cargo-installed command at a pinned version, kept in the cache.
cargo_tool() {
  local command=$1 crate=$2 version=$3
  shift 3
  if [ -x "$TOOLS/bin/$command" ] && "$TOOLS/bin/$command" --version 2>/dev/null | grep -qF "$version"; then
    return 0
  fi
  say "building $crate $version (once; a few minutes)"
  CARGO_TARGET_DIR=$CACHE/tools-target cargo install --quiet "$crate" --version "$version" --root "$TOOLS" "$@"
}

rust_toolchain() {
  command -v cargo >/dev/null || fail "cargo is missing: install rustup from https://rustup.rs, then start again"
  rustc --version >/dev/null # makes rustup fetch what rust-toolchain.toml names
  if command -v rustup >/dev/null && ! rustup target list --installed | grep -q wasm32-unknown-unknown; then
    say "adding the wasm32-unknown-unknown target"
    rustup target add wasm32-unknown-unknown >/dev/null
  fi
}

duckdb_library() {
  [ -f "$DUCKDB_LIB_DIR/libduckdb.so" ] && return 0
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "the prebuilt libduckdb is for Linux on x86-64: use 'make release', which builds DuckDB from source"
  command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer, then start again"
  say "fetching libduckdb ($DUCKDB_NPM $DUCKDB_NPM_VERSION)"
  local folder=$CACHE/duckdb/$DUCKDB_NPM_VERSION archive
  mkdir -p "$folder"
  archive=$folder/$(cd "$folder" && npm pack --silent "$DUCKDB_NPM@$DUCKDB_NPM_VERSION" | tail -1)
  echo "$DUCKDB_SHA256  $archive" | sha256sum --check --quiet || { rm -f "$archive"; fail "libduckdb's archive does not have the expected SHA-256"; }
  tar -xzf "$archive" -C "$folder"
  rm -f "$archive"
}

# duckdb_static FOLDER: builds FOLDER/libduckdb_static.a from source, with its extensions inside.
duckdb_static() {
  local folder=$1
  [ -f "$folder/libduckdb_static.a" ] && return 0
  local work=$folder/work archive=$folder/work/duckdb-$DUCKDB_VERSION.tar.gz
  mkdir -p "$work"
  if [ ! -f "$archive" ]; then
    debian /usr/share/doc/python3-venv python3-venv
    say "fetching DuckDB $DUCKDB_VERSION's sources"
    python3 -m venv "$work/venv"
    "$work/venv/bin/python" -m pip download --quiet --no-deps --no-binary duckdb --dest "$work/download" "duckdb==$DUCKDB_VERSION"
    mv "$work/download/${archive##*/}" "$archive"
  fi
  echo "$DUCKDB_SOURCE_SHA256  $archive" | sha256sum --check --quiet || { rm -f "$archive"; fail "DuckDB's sources do not have the expected SHA-256"; }
  tar -xzf "$archive" -C "$work"
  say "building DuckDB $DUCKDB_VERSION from source (half an hour on two cores, once)"
  cmake -S "$work/duckdb-$DUCKDB_VERSION/external/duckdb" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHELL=0 -DBUILD_UNITTESTS=0 -DBUILD_EXTENSIONS="icu;json;parquet" \
    -DENABLE_EXTENSION_AUTOLOADING=1 -DENABLE_EXTENSION_AUTOINSTALL=1 -DOVERRIDE_GIT_DESCRIBE="v$DUCKDB_VERSION" >"$work/cmake.log"
  local libraries
  libraries=$(ninja -C "$work/build" -t targets all | sed -nE 's/^(.*\.a): CXX?_STATIC_LIBRARY_LINKER.*/\1/p' | grep -v dummy_static)
  # shellcheck disable=SC2086
  ninja -C "$work/build" $libraries
  # One archive of all of them, so that a linker needs to know of one only.
  {
    echo "create $folder/libduckdb_static.a.part"
    for library in $libraries; do echo "addlib $work/build/$library"; done
    printf 'save\nend\n'
  } | ar -M
  cp "$work/duckdb-$DUCKDB_VERSION/external/duckdb/src/include/duckdb.h" "$folder/"
  mv "$folder/libduckdb_static.a.part" "$folder/libduckdb_static.a"
  rm -rf "$work"
}

web_tools() {
  cargo_tool wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
  cargo_tool trunk trunk "$TRUNK_VERSION" --locked
}

# web_app: builds dist/ where it is older than what it is made of.
web_app() {
  if [ -f dist/index.html ] && [ -z "$(find app compiler/src compiler/Cargo.toml style public Trunk.toml Cargo.toml Cargo.lock -newer dist/index.html -type f -print -quit)" ]; then
    return 0
  fi
  web_tools
  say "building the web app"
  trunk build --release --offline
}
