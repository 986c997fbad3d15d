#!/bin/sh
# Resumes the reports with these names, and succeeds only if every report that matches runs:
#   nightly.sh 'Sales*' 'Azure usage, weekly'
[ $# -gt 0 ] || { echo "usage: $0 NAME..." >&2; exit 2; }
status=0
for name in "$@"; do
    partner-insights resume --name "$name" --yes --timeout 30m --output jsonl || status=$?
    [ "$status" -ne 130 ] || break # interrupted
done
exit "$status"
