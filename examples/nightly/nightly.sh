#!/bin/sh
# Resumes the reports with these names, checks that they deliver, and saves their new files in $REPORTS, if it is set.
[ $# -gt 0 ] || { echo "usage: $0 NAME..., such as 'Sales*'" >&2; exit 2; }
failed=0
run() { PARTNER_CENTER_OUTPUT=jsonl partner-insights "$@" || failed=$?; [ "$failed" -ne 130 ] || exit 130; }
for name in "$@"; do
    run resume --name "$name" --yes --timeout 30m; run health --name "$name"
    ids=$(partner-insights list --name "$name" --output ids) || failed=$?
    for id in ${REPORTS:+$ids}; do run download "$id" --new --output-dir "$REPORTS"; done
done; exit "$failed"
