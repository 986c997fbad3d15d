#!/usr/bin/env bash
# Runs two public linters, Spectral and Redocly, over the spec. Needs node 20 or newer, and npm for the first run.
# LINT_DIR (by default a folder in the user's cache) keeps the installed linters.
set -euo pipefail
cd "$(dirname "$0")/../.."
spec=$PWD/openapi/insights.yaml

spectral=@stoplight/spectral-cli@6.16.3
redocly=@redocly/cli@2.77.0
dir=${LINT_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/partner-center-insights-lint}
mkdir -p "$dir"
if [ "$(cat "$dir/installed" 2>/dev/null)" != "$spectral $redocly" ]; then
  # A folder for each, because their dependencies conflict.
  npm install --prefix "$dir/spectral" --no-audit --no-fund --loglevel=error "$spectral"
  npm install --prefix "$dir/redocly" --no-audit --no-fund --loglevel=error "$redocly"
  echo "$spectral $redocly" >"$dir/installed"
fi

# The spec names a web page as contact, not an e-mail address.
cat >"$dir/ruleset.yaml" <<'RULES'
extends: [["spectral:oas", all]]
rules:
  contact-properties: off
RULES
"$dir/spectral/node_modules/.bin/spectral" lint --fail-severity=hint --ruleset "$dir/ruleset.yaml" "$spec"

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
"$dir/redocly/node_modules/.bin/redocly" lint --extends=recommended-strict "$spec"
