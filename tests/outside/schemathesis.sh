#!/usr/bin/env bash
# Lets an independent property-based tester try the emulator against the contract.
#
# Needs python3 with venv, and PyPI. TOOLS=folder keeps the installation between runs.
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
# Inactive reports are refused with 400 for their state, which the tester takes for a refusal of valid data.
target/debug/partner-insights --emulator list --status paused --output json >"$scratch/reports.json"
# The contract is written in the spelling of the pages; the tester knows no other.
target/debug/partner-insights emulator --scenario pascal --reports "$scratch/reports.json" 2>"$scratch/ready" &
emulator=$!
for _ in $(seq 50); do
  grep -q '^Listening on ' "$scratch/ready" && break
  sleep 0.1
done
url=$(sed -n 's/^Listening on \(http[^ ]*\) .*/\1/p' "$scratch/ready")
token=$(sed -n 's/.*(token: \([^)]*\)).*/\1/p' "$scratch/ready")

"$tools/bin/schemathesis" run openapi/insights.yaml \
  --url "$url/insights/v1/mpn" \
  --header "Authorization: Bearer $token" \
  --checks all --max-examples "${EXAMPLES:-200}" --seed 1
