//! The Azure CLI, played by a shell script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use partner_center_insights::auth::{
    AccessToken, AuthError, AzureCli, CommandError, CommandFailure, TokenRequest, TokenSource,
};
use tempfile::TempDir;

use crate::{ACCESS_TOKEN, SCOPE, TENANT, shown};

/// A folder with an `az` that does this.
struct Az(TempDir);

impl Az {
    fn doing(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Written under another name first: a file that somebody has open for writing cannot be run.
        let (draft, az) = (folder.path().join("draft"), folder.path().join("az"));
        fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(draft, az).unwrap();
        Self(folder)
    }

    fn printing(json: &str) -> Self {
        Self::doing(&format!("cat <<'END'\n{json}\nEND"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("az")
    }

    fn source(&self) -> AzureCli {
        AzureCli::new().program(self.path()).tenant(TENANT).unwrap()
    }
}

async fn ask(source: &AzureCli) -> Result<AccessToken, AuthError> {
    loop {
        let answer = source.token(TokenRequest::new(SCOPE)).await;
        // Another test may be starting a program while the script is written, and hold it open for an instant.
        match &answer {
            Err(AuthError::Command(error)) if error.message.contains("Text file busy") => {}
            _ => return answer,
        }
    }
}

/// How it failed, what it shows, and that nothing secret is in it.
async fn failure(source: &AzureCli) -> (CommandError, String) {
    let error = ask(source).await.unwrap_err();
    let line = shown(&error);
    let AuthError::Command(error) = error else { panic!("{line}") };
    (error, line)
}

#[tokio::test]
async fn a_good_answer_gives_the_token_and_its_end() {
    let json = format!(
        r#"{{"accessToken":"{ACCESS_TOKEN}","expiresOn":"1999-01-01 00:00:00.000000","expires_on":4102444800,"tenant":"t","tokenType":"Bearer"}}"#
    );
    let log = "printf '%s\\n' \"$@\" > \"$(dirname \"$0\")/args\"";
    let az = Az::doing(&format!("{log}\ncat <<'END'\n{json}\nEND"));
    let token = ask(&az.source()).await.unwrap();
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
async fn an_older_program_gives_a_token_without_an_end() {
    let az = Az::printing(r#"{"accessToken":"A","expiresOn":"2026-01-01 00:00:00.000000"}"#);
    let token = ask(&az.source()).await.unwrap();
    assert_eq!((token.expose(), token.expires_at()), ("A", None));
}

#[tokio::test]
async fn nobody_signed_in_brings_the_command_that_does_it() {
    let az = Az::doing("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    let (error, line) = failure(&az.source()).await;
    assert_eq!(error.failure, CommandFailure::SignedOut);
    assert_eq!(
        line,
        format!(
            "nobody is signed in to az: ERROR: Please run 'az login' to setup account.; \
             run: az login --tenant {TENANT} --allow-no-subscriptions --scope {SCOPE}"
        )
    );
}

#[tokio::test]
async fn what_entra_told_it_is_shown_with_its_advice() {
    let text = "AADSTS65002: Consent between first party application and resource must be configured.";
    let az =
        Az::doing(&format!("echo 'ERROR: {text}\nTo re-authenticate, please run: az login' >&2; exit 1"));
    let (error, line) = failure(&az.source()).await;
    assert_eq!((error.failure, error.codes.as_slice()), (CommandFailure::Failed, &[65002][..]));
    for part in [text, "register an application of your own", "az login --tenant", "error?code=65002"] {
        assert!(line.contains(part), "{part:?} is not in {line}");
    }
}

#[tokio::test]
async fn any_other_failure_shows_what_it_wrote() {
    let (error, line) = failure(&Az::doing("echo 'python is gone' >&2; exit 127").source()).await;
    assert_eq!(error.failure, CommandFailure::Failed);
    assert_eq!(
        line,
        "az failed: python is gone; run az account get-access-token by hand to see what is wrong with it"
    );
}

#[tokio::test]
async fn an_answer_that_is_none_is_not_shown() {
    for answer in ["", "s3cr3t", "{", "{}", r#"{"accessToken":""}"#, r#"{"token":"s3cr3t"}"#, "[1]"] {
        let (error, line) = failure(&Az::printing(answer).source()).await;
        assert_eq!(error.failure, CommandFailure::Unreadable, "{answer}");
        assert!(line.starts_with("az wrote something else than a token; run az account"), "{line}");
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_stopped() {
    let az = Az::doing("echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 600");
    let began = Instant::now();
    let (error, line) = failure(&az.source().timeout(Duration::from_secs(1))).await;
    assert_eq!(error.failure, CommandFailure::TimedOut(Duration::from_secs(1)));
    assert!(line.starts_with("az did not answer within 1 s and was stopped"), "{line}");
    assert!(began.elapsed() < Duration::from_secs(10));

    let pid = fs::read_to_string(az.0.path().join("pid")).unwrap();
    let state = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    if cfg!(target_os = "linux") {
        for _ in 0..200 {
            // Gone, or dead and not yet collected.
            match fs::read_to_string(&state) {
                Ok(stat) if !stat.contains(") Z ") => tokio::time::sleep(Duration::from_millis(10)).await,
                _ => return,
            }
        }
        panic!("it still runs");
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (error, line) = failure(&AzureCli::new().program(folder.path().join("az"))).await;
    assert_eq!(error.failure, CommandFailure::NotFound);
    assert!(line.starts_with("az was not found; install the Azure CLI"), "{line}");
}

#[tokio::test]
async fn nothing_that_looks_like_an_option_reaches_it() {
    let az = Az::doing("touch \"$(dirname \"$0\")/ran\"");
    for scope in ["--query", "a b", ""] {
        let answer = az.source().token(TokenRequest::new(scope)).await;
        assert!(matches!(answer, Err(AuthError::NotConfigured(_))), "{scope:?}: {answer:?}");
    }
    for tenant in ["--debug", "a b", "", "$(id)"] {
        assert!(AzureCli::new().tenant(tenant).is_err(), "{tenant:?}");
    }
    assert!(!az.0.path().join("ran").exists());
}
