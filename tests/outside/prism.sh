#!/usr/bin/env bash
# Runs the CLI against a mock server that Prism makes of the wire edition of the spec: every operation, every status.
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
statuses=$(node -p 'const spec = JSON.parse(require("fs").readFileSync(process.argv[1]));
  const operations = Object.values(spec.paths).flatMap(Object.values);
  [...new Set(operations.flatMap((operation) => Object.keys(operation.responses)))].join(" ")' "$scratch/wire.json")

# --errors: a request that breaks the spec gets an error of Prism's own.
"$tools/node_modules/.bin/prism" mock "$scratch/wire.json" --port 4010 --errors >"$scratch/prism.log" &
# shellcheck disable=SC2086
node tests/outside/prism/proxy.mjs http://127.0.0.1:4010 20000 $statuses &
for _ in $(seq 100); do
  grep -q 'Prism is listening' "$scratch/prism.log" && break
  sleep 0.1
done

# The exit codes that `partner-insights help exit-codes` documents.
expected() {
  case $1 in
    200) echo 0 ;;
    401) echo 4 ;;
    403) echo 5 ;;
    404) echo 3 ;;
    429 | 500) echo 7 ;;
    *) echo 6 ;;
  esac
}

check() {
  local status=$1 wanted=$2 code=0
  shift 2
  PARTNER_CENTER_BASE_URL=http://127.0.0.1:$((20000 + status)) PARTNER_CENTER_ACCESS_TOKEN=token \
    "$cli" --output json "$@" >"$scratch/out.$status.$1" 2>&1 || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "$1 with status $status: exit code $code, expected $wanted"
    cat "$scratch/out.$status.$1"
    return 1
  fi
}

id=3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4
runs=()
for status in $statuses; do
  wanted=$(expected "$status")
  # To lists, the example of 404 says that there is nothing.
  list=$([ "$status" = 404 ] && echo 0 || echo "$wanted")
  check "$status" "$list" list & runs+=($!)
  check "$status" "$list" executions $id & runs+=($!)
  check "$status" "$wanted" resume $id --no-verify & runs+=($!)
  check "$status" "$wanted" pause $id --no-verify & runs+=($!)
done
failed=0
for run in "${runs[@]}"; do wait "$run" || failed=1; done
if grep -E 'Violation|✖  error' "$scratch/prism.log"; then failed=1; fi
echo "${#runs[@]} responses of the mock read, failed: $failed"
exit $failed
