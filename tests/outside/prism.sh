#!/usr/bin/env bash
# Runs the CLI against a mock server that Prism derives from the wire edition: every operation, every status.
#
# Needs node 20 and npm. TOOLS=folder keeps the installation between runs.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
tools=$(realpath -m "${TOOLS:-$scratch/tools}")/prism
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT

if [ ! -e "$tools/.complete" ]; then
  mkdir -p "$tools"
  (cd "$tools" && npm init -y >/dev/null && npm install --no-audit --no-fund --loglevel=error @stoplight/prism-cli@5.16.0)
  touch "$tools/.complete"
fi

cargo build --quiet --features cli
cli=${CARGO_TARGET_DIR:-target}/debug/partner-insights
"$cli" spec --wire >"$scratch/wire.json"

# Waits until a file has this many lines with a text.
await() {
  for _ in $(seq 600); do
    [ "$(grep -cE "$2" "$1")" -ge "$3" ] && return
    sleep 0.1
  done
  cat "$1" && return 1
}

# --errors: a request that breaks the spec gets an error of Prism's own. Port 0 is a free one.
"$tools/node_modules/.bin/prism" mock "$scratch/wire.json" --port 0 --errors >"$scratch/prism.log" &
await "$scratch/prism.log" 'Prism is listening' 1
prism=$(sed -n 's/.*Prism is listening on //p' "$scratch/prism.log")
node tests/outside/prism/proxy.mjs "$prism" "$scratch/wire.json" >"$scratch/proxy.log" &
declared=$(grep -oE '"[1-5][0-9][0-9]": ?\{' "$scratch/wire.json" | wc -l)
await "$scratch/proxy.log" '^\w+ [0-9]+ [0-9]+$' "$declared"

# The exit codes that `partner-insights help exit-codes` documents.
expected() {
  case "$1 $2" in
    # The report in the example is paused, so that the resume is unconfirmed.
    'resumeReportExecutions 200') echo 10 ;;
    *' 200') echo 0 ;;
    *' 401') echo 4 ;;
    *' 403') echo 5 ;;
    # For a list, the example of 404 means that it is empty.
    'getDatasets 404' | 'getReportQueries 404' | 'getReports 404' | 'getReportExecutions 404') echo 0 ;;
    *' 404') echo 3 ;;
    *' 429' | *' 500') echo 7 ;;
    *) echo 6 ;;
  esac
}

# The IDs in the examples of the lists.
report=3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4
query=d8349f7b-a7d1-467e-b26d-434d4a50f26a
text='SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_MONTH'

insights() { "$cli" --output json "$@"; }

run() {
  case $1 in
    getDatasets) insights dataset list ;;
    getReportQueries) insights query list ;;
    createReportQuery) insights query create TopCustomers "$text" ;;
    deleteReportQuery) insights query delete $query --yes ;;
    tryReportQuery) insights query try "$text" ;;
    getReports) insights list ;;
    createReport) insights create TopCustomersDaily --query-id $query --earliest --every 1d --count 100 ;;
    updateReport) insights update $report --count 60 --yes ;;
    deleteReport) insights delete $report --yes ;;
    pauseReportExecutions) insights pause $report --no-verify ;;
    resumeReportExecutions) insights resume $report --no-verify ;;
    getReportExecutions) insights executions $report ;;
    *) echo "no command for $1" && return 99 ;;
  esac
}

check() {
  local operation=$1 status=$2 port=$3 code=0 wanted
  wanted=$(expected "$operation" "$status")
  PARTNER_CENTER_BASE_URL=http://127.0.0.1:$port PARTNER_CENTER_ACCESS_TOKEN=token \
    run "$operation" >"$scratch/out.$port" 2>&1 || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "$operation with status $status: exit code $code, expected $wanted"
    cat "$scratch/out.$port"
    return 1
  fi
}

# Operation, status and port.
grep -E '^\w+ [0-9]+ [0-9]+$' "$scratch/proxy.log" >"$scratch/responses"
runs=()
while read -r operation status port; do
  check "$operation" "$status" "$port" & runs+=($!)
done <"$scratch/responses"
failed=0
for run in "${runs[@]}"; do wait "$run" || failed=1; done
if grep -E 'Violation|✖  error' "$scratch/prism.log"; then failed=1; fi
while read -r operation status _; do
  grep -qx "$operation $status" "$scratch/proxy.log" || { echo "$operation was not requested for $status" && failed=1; }
done <"$scratch/responses"

# The mock server knows every ID. Nothing else may differ from the spec.
port=$(awk '$1 == "getReports" && $2 == 200 { print $3 }' "$scratch/responses")
PARTNER_CENTER_BASE_URL=http://127.0.0.1:$port PARTNER_CENTER_ACCESS_TOKEN=token \
  insights conformance >"$scratch/conformance.json" 2>"$scratch/conformance.log" || true
differs='JSON.parse(fs.readFileSync(process.argv[1])).filter((row) => row.verdict === "differs")'
differs=$(node -p "$differs.map((row) => [row.operation, row.request, row.check].join(' ')).join(', ')" "$scratch/conformance.json")
if [ "$differs" != 'getReports unknown id status, getReportExecutions unknown id status' ]; then
  echo "conformance: $differs" && cat "$scratch/conformance.log" && failed=1
fi
[ ${#runs[@]} = "$declared" ] || { echo "the spec has $declared responses" && failed=1; }
echo "${#runs[@]} responses of the mock read, failed: $failed"
exit $failed
