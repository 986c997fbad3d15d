#!/usr/bin/env bash
# Runs Schemathesis, an independent property-based tester, against the emulator. Needs python3 with venv, and PyPI.
# schemathesis/ has its configuration, and the reasons for which the emulator may refuse a valid request.
#
# EXAMPLES=number of requests for each operation (200). TOOLS=folder keeps the installation between runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
tools=${TOOLS:-$scratch}/schemathesis
emulator=
trap 'if [ -n "$emulator" ]; then kill "$emulator" 2>/dev/null || true; fi; rm -rf "$scratch"' EXIT

if [ ! -x "$tools/bin/schemathesis" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet 'schemathesis==4.32.5'
fi

cargo build --quiet --features cli
cli=${CARGO_TARGET_DIR:-target}/debug/partner-insights
"$cli" --emulator list --status paused --output json >"$scratch/reports.json"
# Replaces the examples in the spec with a report that exists and a start that is late enough.
report=$("$cli" --emulator list --status paused --output ids | head -n 1)
SOON=$("$tools/bin/python" -c 'from datetime import datetime, timedelta
print(f"{datetime.now() + timedelta(days=2):%Y-%m-%dT00:00:00Z}")')
"$cli" spec --wire |
  sed "s/3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4/$report/; s/2026-02-10T06:00:00Z/$SOON/" >"$scratch/spec.json"
"$cli" emulator --reports "$scratch/reports.json" 2>"$scratch/log" &
emulator=$!
for _ in $(seq 600); do
  grep -q http "$scratch/log" && break
  sleep 0.1
done
url=$(grep -om1 'http://[^ ]*' "$scratch/log")
token=$(sed -n 's/.*(token:\{0,1\} \([^)]*\)).*/\1/p' "$scratch/log")

export SOON PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/outside/schemathesis SCHEMATHESIS_HOOKS=refusals
"$tools/bin/schemathesis" --config-file tests/outside/schemathesis/schemathesis.toml run "$scratch/spec.json" \
  --url "$url/insights/v1/mpn" \
  --header "Authorization: Bearer $token" \
  --max-examples "${EXAMPLES:-200}" --seed 1
