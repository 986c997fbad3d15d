#!/usr/bin/env bash
# What two public linters say about the contract; silence is success. Needs node 20 or newer, and npm on the first run.
# They are kept in LINT_DIR, by default in the user's cache, because the first one takes a while to install.
set -euo pipefail
cd "$(dirname "$0")/../.."
contract=$PWD/openapi/insights.yaml

spectral=@stoplight/spectral-cli@6.16.3
redocly=@redocly/cli@2.77.0
dir=${LINT_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/partner-center-insights-lint}
mkdir -p "$dir"
if [ "$(cat "$dir/installed" 2>/dev/null)" != "$spectral $redocly" ]; then
  # One folder each: their dependencies disagree.
  npm install --prefix "$dir/spectral" --no-audit --no-fund --loglevel=error "$spectral"
  npm install --prefix "$dir/redocly" --no-audit --no-fund --loglevel=error "$redocly"
  echo "$spectral $redocly" >"$dir/installed"
fi

# The contract names a page to reach its authors on; an e-mail address is nobody's business.
cat >"$dir/ruleset.yaml" <<'RULES'
extends: [["spectral:oas", all]]
rules:
  contact-properties: off
RULES
"$dir/spectral/node_modules/.bin/spectral" lint --fail-severity=hint --ruleset "$dir/ruleset.yaml" "$contract"

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
"$dir/redocly/node_modules/.bin/redocly" lint --extends=recommended-strict "$contract"
