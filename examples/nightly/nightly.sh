#!/bin/sh
# Resumes the reports with these names, checks that they deliver, and saves their new files in $REPORTS, if it is set.
[ $# -gt 0 ] || { echo "usage: $0 NAME..., such as 'Sales*'" >&2; exit 2; }
failed=0
run() { PARTNER_CENTER_OUTPUT=jsonl partner-insights "$@" || failed=$?; [ "$failed" -ne 130 ] || exit 130; }
for name in "$@"; do
    run resume --name "$name" --yes --timeout 30m; run health --name "$name"
    [ -z "$REPORTS" ] || run download --name "$name" --new --output-dir "$REPORTS"
done
exit "$failed"
