#!/usr/bin/env bash
# Generates clients in other languages from the wire edition of the spec. With them, it lists, resumes and pauses
# reports of the emulator, and creates, reads and deletes a query and a one-time report.
# It fails when a generated client misses a field: a client that reads nothing still gets status 200. One report of the
# emulator has a status that the spec does not document, which a generated client must still read.
#
# Needs python3 with venv and PyPI, node 20 and npm. TOOLS=folder keeps the installations between runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
tools=$(realpath -m "${TOOLS:-$scratch/tools}")/other-languages
emulator=
trap 'if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi; rm -rf "$scratch"' EXIT

if [ ! -e "$tools/.complete" ]; then
  mkdir -p "$tools"
  python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install --quiet 'openapi-python-client==0.29.1'
  (cd "$tools" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error \
    openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3)
  touch "$tools/.complete"
fi

cargo build --quiet --features cli
cli=${CARGO_TARGET_DIR:-target}/debug/partner-insights
"$cli" spec --wire >"$scratch/wire.json"
"$cli" emulator 2>"$scratch/ready" &
emulator=$!
for _ in $(seq 600); do
  grep -q 'http://' "$scratch/ready" && break
  sleep 0.1
done
url=$(grep -o 'http://[^ ]*' "$scratch/ready")/insights/v1/mpn
token=emulator-token

"$tools/python/bin/openapi-python-client" generate --path "$scratch/wire.json" \
  --output-path "$scratch/insights_client" --meta none >"$scratch/python.log"
PYTHONPATH="$scratch" "$tools/python/bin/python" tests/outside/other-languages/check.py "$url" "$token"

cp tests/outside/other-languages/check.ts "$scratch/"
ln -s "$tools/node_modules" "$scratch/node_modules"
"$tools/node_modules/.bin/openapi-typescript" "$scratch/wire.json" -o "$scratch/insights.d.ts" >"$scratch/typescript.log"
(cd "$scratch" && echo '{"type":"module"}' >package.json &&
  node_modules/.bin/tsc --strict --target es2022 --module nodenext --skipLibCheck check.ts)
node "$scratch/check.js" "$url" "$token"
