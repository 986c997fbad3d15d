#!/usr/bin/env bash
# Measures the build: cold, after touching the library, after an edit of the spec, and generating the client alone.
# Works on a copy, so that neither the checkout nor its target folder changes. SKIP_COLD=1 hides the cold build.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-7}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar c --exclude=./target --exclude=./.git --exclude=./fuzz/target . | tar x -C "$copy"
cd "$copy"
export CARGO_TARGET_DIR="$copy/target"
unset OUT_DIR

# Prints the milliseconds that a command takes; the output of the command is shown only if it fails.
clock() {
    local start=${EPOCHREALTIME/./} log="$copy/log"
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

# Median, lowest and highest of the numbers on standard input.
spread() {
    sort -n | awk '{n[NR] = $1} END {printf "%7d ms   (%d to %d)\n", n[int((NR + 1) / 2)], n[1], n[NR]}'
}

cargo fetch --locked --quiet
cold=$(clock cargo build --locked)
if [ -z "${SKIP_COLD:-}" ]; then
    printf 'cold build, default features   %7d ms   (%s crates)\n' "$cold" \
        "$(cargo tree --locked --edges normal,build --prefix none --format '{p}' | awk '{print $1, $2}' | sort -u | wc -l)"
fi

clock cargo check --locked >/dev/null
for round in $(seq "$rounds"); do
    touch src/lib.rs
    clock cargo check --locked >>touched
    sed -i.bak "s/^  version: .*/  version: 9.9.$round/" openapi/insights.yaml
    clock cargo check --locked >>edited
done
cmp -s openapi/insights.yaml openapi/insights.yaml.bak && { echo "the edit changed nothing" >&2; exit 1; }
script=$(ls -t target/debug/build/partner-center-insights-*/build-script-build | head -1)
for _ in $(seq "$rounds"); do
    OUT_DIR="$copy" clock "$script" >>generated
done
printf 'check after touching lib.rs    %s\n' "$(spread <touched)"
printf 'check after an edit of the YAML%s\n' " $(spread <edited)"
printf 'of that, generating            %s\n' "$(spread <generated)"
