#!/usr/bin/env bash
# Asks a daemon everything that its own description (/openapi.json) allows, and much that it does not: no answer may be a
# server error, and none may be one that the description does not know.
#
#   tests/api.sh [CASES]      cases per operation; 25 if absent
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD

cases=${1:-25}
target="${CARGO_TARGET_DIR:-$PWD/target}"
dbx="$target/debug/dbx"
# Always: one that is there may be of other sources.
cargo build --locked

# The tool is kept from run to run; its version is pinned, since another one tries other things.
version=4.32.5
venv="${XDG_CACHE_HOME:-$HOME/.cache}/dbx-schemathesis-$version"
if [ ! -x "$venv/bin/schemathesis" ]; then
  # Debian packs the part of Python that makes environments on its own.
  if ! python3 -m venv "$venv" >/dev/null 2>&1; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv
    python3 -m venv "$venv"
  fi
  "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
fi

folder=$(mktemp -d)
trap '"$dbx" -C "$folder" serve stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
"$dbx" -C "$folder" -q init --template orders
"$dbx" -C "$folder" -q schema apply --yes
DBX_PORT=0 "$dbx" -C "$folder" serve start
base="http://$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["address"])' "$folder/.dbx/daemon.json")"

# ask WHICH...: everything of those operations. How many of the cases that it thinks of it throws away before it sends them,
# as it does with bodies that are built of many parts, is no fault of ours and no reason to end.
ask() {
  PYTHONPATH="$here/tests" PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=api_hooks \
    "$venv/bin/schemathesis" run "$base/openapi.json" \
    --header "Authorization: Bearer $(cat .dbx/cli.token)" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
    --phases examples,coverage,fuzzing --max-examples "$cases" --seed 1 --generation-database none \
    --suppress-health-check filter_too_much \
    --request-timeout 30 --continue-on-failure --warnings off "$@"
}

# From its folder, where it leaves what it learned. The calls that end tokens end the one that asks: they come last.
cd "$folder"
ends='/v1/tokens/(revoke|[{]id[}]/refresh)'
ask --exclude-path-regex "$ends"
ask --include-path-regex "$ends"
"$dbx" verify
