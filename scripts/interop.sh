#!/bin/sh
# Runs rhizo's providers against other people's servers: a litellm proxy and a llama.cpp with a tiny random model.
# usage: scripts/interop.sh [PROGRAM]   the program is target/release/rhizo unless named
# Installs from PyPI into the folder RHIZO_INTEROP (a new scratch folder unless set). Not part of the tests: it takes minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-${CARGO_TARGET_DIR:-$here/../target}/release/rhizo}
[ -x "$program" ] || { echo "error: no program at $program
hint: cargo build --release, or name the program: scripts/interop.sh PROGRAM" >&2; exit 2; }
folder=${RHIZO_INTEROP:-$(mktemp -d)}
mkdir -p "$folder"
if [ ! -x "$folder/venv/bin/litellm" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet "litellm[proxy]" gguf numpy xllamacpp
fi
exec "$folder/venv/bin/python" "$here/interop/run.py" "$program" "$folder"
