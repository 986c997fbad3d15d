//! The Azure CLI, replaced by a shell script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use partner_center_insights::auth::{
    AccessToken, AuthError, AzureCli, CommandFailure, TokenRequest, TokenSource,
};
use tempfile::TempDir;

use crate::{ACCESS_TOKEN, SCOPE, TENANT, shown};

/// A folder with an `az` script.
struct Az(TempDir);

impl Az {
    fn running(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Renamed when complete, because a file that is open for writing cannot be executed.
        let (draft, az) = (folder.path().join("draft"), folder.path().join("az"));
        fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(draft, az).unwrap();
        Self(folder)
    }

    fn printing(json: &str) -> Self {
        Self::running(&format!("cat <<'END'\n{json}\nEND"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("az")
    }

    fn source(&self) -> AzureCli {
        AzureCli::new().executable(self.path()).tenant(TENANT).unwrap()
    }
}

async fn request(source: &AzureCli) -> Result<AccessToken, AuthError> {
    loop {
        let result = source.token(TokenRequest::new(SCOPE)).await;
        // A process that another test starts may hold the script open for an instant.
        match &result {
            Err(AuthError::Command { message, .. }) if message.contains("Text file busy") => {}
            _ => return result,
        }
    }
}

/// Requests a token, and returns the kind of failure, the message and the help.
async fn failure(source: &AzureCli) -> (CommandFailure, String, String) {
    let error = request(source).await.unwrap_err();
    let line = shown(&error);
    let AuthError::Command { failure, help, .. } = error else { panic!("{line}") };
    (failure, line, help)
}

#[tokio::test]
async fn az_token_and_expiry_are_read() {
    let json = format!(
        r#"{{"accessToken":"{ACCESS_TOKEN}","expiresOn":"1999-01-01 00:00:00.000000","expires_on":4102444800,"tenant":"t","tokenType":"Bearer"}}"#
    );
    let log = "printf '%s\\n' \"$@\" > \"$(dirname \"$0\")/args\"";
    let az = Az::running(&format!("{log}\ncat <<'END'\n{json}\nEND"));
    let token = request(&az.source()).await.unwrap();
    assert_eq!(token.expose(), ACCESS_TOKEN);
    assert_eq!(token.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800)));
    let args = fs::read_to_string(az.0.path().join("args")).unwrap();
    let args: Vec<_> = args.lines().collect();
    assert_eq!(
        args,
        ["account", "get-access-token", "--output", "json", "--scope", SCOPE, "--tenant", TENANT]
    );
}

#[tokio::test]
async fn expiry_is_read_in_every_form() {
    for (members, seconds) in [
        (r#""expires_on":4102444800"#, Some(4_102_444_800)),
        (r#""expires_on":"4102444800""#, Some(4_102_444_800)),
        (r#""expires_on":"2100-01-01T00:00:00Z""#, Some(4_102_444_800)),
        (r#""expires_on":"1/01/2100 0:00:00 AM +00:00""#, None),
        (r#""expires_on":"1/01/2100 12:00:00 AM +00:00""#, Some(4_102_444_800)),
        (r#""expiresOn":"2100-01-01T01:00:00+01:00""#, Some(4_102_444_800)),
        // Local time in an unknown zone.
        (r#""expiresOn":"2100-01-01 00:00:00.000000""#, None),
        (r#""expires_on":"soon""#, None),
        (r#""expires_on":null"#, None),
    ] {
        let az = Az::printing(&format!(r#"{{"accessToken":"{ACCESS_TOKEN}",{members}}}"#));
        let expected = seconds.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(request(&az.source()).await.unwrap().expires_at(), expected, "{members}");
    }
}

#[tokio::test]
async fn token_is_found_among_colors_and_warnings() {
    let json = format!(r#"{{"accessToken":"{ACCESS_TOKEN}","expires_on":4102444800}}"#);
    for output in [
        format!("\u{1b}[0m{json}\u{1b}[0m"),
        format!("\u{feff}{json}"),
        format!("WARNING: {{this}} is a preview.\n{json}"),
        format!("{json}\nWARNING: a new version is available"),
        format!("{{\"notice\":true}}\n{json}"),
    ] {
        let token = request(&Az::printing(&output).source()).await.unwrap();
        assert_eq!(token.expose(), ACCESS_TOKEN, "{output}");
        assert!(token.expires_at().is_some());
    }
}

#[tokio::test]
async fn az_is_run_without_colors_and_warnings() {
    let variables = "$AZURE_CORE_NO_COLOR-$AZURE_CORE_ONLY_SHOW_ERRORS";
    let az = Az::running(&format!("echo \"{{\\\"accessToken\\\":\\\"{variables}\\\"}}\""));
    assert_eq!(request(&az.source()).await.unwrap().expose(), "true-true");
}

#[tokio::test]
async fn traceback_is_shown_by_its_last_line() {
    let frames = "  File \"x.py\", line 1, in main\n    run()\n".repeat(40);
    let text = format!(
        "\u{1b}[91mERROR: The command failed with an unexpected error. Here is the traceback:\u{1b}[0m\n\
         Traceback (most recent call last):\n{frames}PermissionError: [Errno 13] Permission denied: msal.json\n\
         To check existing issues, please visit: https://github.com/Azure/azure-cli/issues"
    );
    let az = Az::running(&format!("cat >&2 <<'END'\n{text}\nEND\nexit 1"));
    let (_, line, _) = failure(&az.source()).await;
    assert_eq!(line, "az failed: PermissionError: [Errno 13] Permission denied: msal.json");
}

#[tokio::test]
async fn missing_subscription_hints_at_the_option() {
    let text = "ERROR: No subscription found. Run 'az account set' to select a subscription.";
    let az = Az::running(&format!("printf '\\033[91m%s\\033[0m\\n' \"{text}\" >&2; exit 1"));
    let (_, line, help) = failure(&az.source()).await;
    assert_eq!(line, format!("az failed: {text}"));
    assert!(help.contains("run: az login"), "{help}");
    assert!(help.contains("--allow-no-subscriptions"), "{help}");
}

#[tokio::test]
async fn older_az_returns_a_token_without_expiry() {
    let az = Az::printing(r#"{"accessToken":"A","expiresOn":"2026-01-01 00:00:00.000000"}"#);
    let token = request(&az.source()).await.unwrap();
    assert_eq!((token.expose(), token.expires_at()), ("A", None));
}

#[tokio::test]
async fn signed_out_az_hints_at_the_login_command() {
    let az = Az::running("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let (failure, line, help) = failure(&az.source()).await;
    assert_eq!(failure, CommandFailure::SignedOut);
    assert_eq!(line, "no account is signed in to az: ERROR: Please run 'az login' to setup account.");
    assert_eq!(help, format!("run: az login --tenant {TENANT} --allow-no-subscriptions --scope {SCOPE}"));
}

#[tokio::test]
async fn entra_error_from_az_has_its_help() {
    let text = "AADSTS65002: Consent between first party application and resource must be configured.";
    let az =
        Az::running(&format!("echo 'ERROR: {text}\nTo re-authenticate, please run: az login' >&2; exit 1"));
    let (failure, line, help) = failure(&az.source()).await;
    assert_eq!(failure, CommandFailure::Failed);
    assert!(line.contains(text) && line.ends_with("error?code=65002"), "{line}");
    assert!(
        help.contains("register an application of your own") && help.contains("az login --tenant"),
        "{help}"
    );
}

#[tokio::test]
async fn other_failure_shows_standard_error() {
    let (failure, line, help) = failure(&Az::running("echo 'python is gone' >&2; exit 127").source()).await;
    assert_eq!((failure, line.as_str()), (CommandFailure::Failed, "az failed: python is gone"));
    assert!(help.contains("by hand"), "{help}");
}

#[tokio::test]
async fn invalid_output_is_not_shown() {
    for output in ["", "s3cr3t", "{", "{}", r#"{"accessToken":""}"#, r#"{"token":"s3cr3t"}"#, "[1]"] {
        let (failure, line, _) = failure(&Az::printing(output).source()).await;
        assert_eq!(
            (failure, line.as_str()),
            (CommandFailure::InvalidOutput, "az returned no token"),
            "{output}"
        );
    }
}

#[tokio::test]
async fn hanging_az_is_killed() {
    let az = Az::running("echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 600");
    let began = Instant::now();
    let (failure, line, _) = failure(&az.source().timeout(Duration::from_secs(1))).await;
    assert_eq!(failure, CommandFailure::TimedOut(Duration::from_secs(1)));
    assert_eq!(line, "az timed out after 1 s");
    assert!(began.elapsed() < Duration::from_secs(10));

    let pid = fs::read_to_string(az.0.path().join("pid")).unwrap();
    let state = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    if cfg!(target_os = "linux") {
        for _ in 0..200 {
            // Waits until the process is gone or a zombie.
            match fs::read_to_string(&state) {
                Ok(stat) if !stat.contains(") Z ") => tokio::time::sleep(Duration::from_millis(10)).await,
                _ => return,
            }
        }
        panic!("still running");
    }
}

#[tokio::test]
async fn missing_az_hints_at_the_installation() {
    let folder = tempfile::tempdir().unwrap();
    let (failure, line, help) = failure(&AzureCli::new().executable(folder.path().join("az"))).await;
    assert_eq!((failure, line.as_str()), (CommandFailure::NotFound, "az not found"));
    assert!(help.starts_with("install the Azure CLI"), "{help}");
}

#[tokio::test]
async fn scope_and_tenant_cannot_be_options() {
    let az = Az::running("touch \"$(dirname \"$0\")/ran\"");
    for scope in ["--query", "a b", ""] {
        let result = az.source().token(TokenRequest::new(scope)).await;
        assert!(matches!(result, Err(AuthError::Configuration { .. })), "{scope:?}: {result:?}");
    }
    for tenant in ["--debug", "a b", "", "$(id)"] {
        assert!(AzureCli::new().tenant(tenant).is_err(), "{tenant:?}");
    }
    assert!(!az.0.path().join("ran").exists());
}
