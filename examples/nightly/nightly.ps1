# The nightly run for Windows: does the same as nightly.sh, and alerts on failure.
#   nightly.ps1 -Name 'Sales*', 'Azure usage, weekly' -Reports D:\Reports
param(
    [Parameter(Mandatory)] [string[]] $Name,
    [string] $Reports,
    # A webhook that accepts {"text": …}, such as that of a chat.
    [string] $AlertUrl
)
$env:PARTNER_CENTER_OUTPUT = 'jsonl'
$script:failed = 0

function Invoke-Insights {
    & "$PSScriptRoot\partner-insights.exe" @args
    # Interrupted: the rest of the run was stopped on purpose.
    if ($LASTEXITCODE -eq 130) { exit 130 }
    if ($LASTEXITCODE -ne 0) { $script:failed = $LASTEXITCODE }
}

foreach ($pattern in $Name) {
    Invoke-Insights resume --name $pattern --yes --timeout 30m
    Invoke-Insights health --name $pattern
    if ($Reports) { Invoke-Insights download --name $pattern --new --output-dir $Reports }
}

if ($failed -ne 0) {
    $text = "partner-insights: the nightly run on $env:COMPUTERNAME failed with exit code $failed"
    # Logged as an event of the Application log, which monitoring can watch.
    eventcreate /L APPLICATION /T ERROR /SO partner-insights /ID 1 /D $text
    if ($AlertUrl) {
        Invoke-RestMethod -Method Post -Uri $AlertUrl -ContentType 'application/json' -Body (@{ text = $text } | ConvertTo-Json)
    }
}
exit $failed
