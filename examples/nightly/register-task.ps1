# Registers the nightly run with the Windows Task Scheduler. Run this in an elevated PowerShell, in the folder with
# partner-insights.exe and nightly.ps1:
#   .\register-task.ps1 -User CONTOSO\svc-insights
param([Parameter(Mandatory)] [string] $User)

$arguments = "-NoProfile -ExecutionPolicy RemoteSigned -Command `"& '$PSScriptRoot\nightly.ps1' " +
    "-Name 'Sales*', 'Azure usage, weekly' -Reports 'D:\Reports' *>> '$PSScriptRoot\nightly.log'; exit `$LASTEXITCODE`""
$account = Get-Credential -UserName $User -Message 'The account that runs the task, and has signed in with auth login'
$password = $account.GetNetworkCredential().Password

Register-ScheduledTask -TaskName 'Partner Insights' -User $User -Password $password `
    -Action (New-ScheduledTaskAction -Execute powershell.exe -Argument $arguments -WorkingDirectory $PSScriptRoot) `
    -Trigger (New-ScheduledTaskTrigger -Daily -At 03:30) `
    -Settings (New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew `
        -ExecutionTimeLimit (New-TimeSpan -Hours 2))
