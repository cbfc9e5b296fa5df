# Shared by the scripts: pinned versions, folders, and small helpers. Sourced, never run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WASM_BINDGEN_VERSION=0.2.130
TRUNK_VERSION=0.21.14
# The prebuilt libduckdb of developer builds: it travels inside an npm package.
DUCKDB_NPM=@duckdb/node-bindings-linux-x64
DUCKDB_NPM_VERSION=1.5.6-r.1
DUCKDB_SHA256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff

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
