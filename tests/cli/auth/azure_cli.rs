//! `--auth azure-cli`.

use std::fs;
use std::os::unix::fs::symlink;

use super::{ACCESS_TOKEN, Fixture, TENANT};

impl Fixture {
    /// Puts an `az` on the search path: the shell, which runs the script that its first argument names. A script that
    /// was just written cannot always be run itself.
    pub fn az(&self, script: &str) {
        symlink("/bin/sh", self.path("bin/az")).unwrap();
        self.file("account", script);
    }
}

#[tokio::test]
async fn az_receives_tenant_and_scope() {
    let fixture = Fixture::new(Vec::new()).await;
    fixture.az(&format!(
        "echo \"$@\" > args\necho '{{\"accessToken\":\"{ACCESS_TOKEN}\",\"expires_on\":4102444800}}'"
    ));
    let finished = fixture.run(&[("AZURE_TENANT_ID", TENANT)], &["list"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("Credential source: azure-cli.\n"), "{}", finished.stderr);
    let args =
        format!("get-access-token --output json --scope {}/.default --tenant {TENANT}\n", fixture.api.url());
    assert_eq!(fs::read_to_string(fixture.path("args")).unwrap(), args);
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN]);
    assert_eq!(fixture.entra.connections(), 0);
}

#[tokio::test]
async fn az_failures_are_shown_with_a_hint() {
    let text = "AADSTS65002: Consent between first party application and resource must be configured.";
    for (script, message, hint) in [
        (
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1".to_owned(),
            "no account is signed in to az",
            "run: az login --tenant",
        ),
        (format!("echo 'ERROR: {text}' >&2; exit 1"), text, "register an application of your own"),
        ("echo '{\"token\":\"s3cr3t\"}'".to_owned(), "az returned no token", "by hand"),
        ("echo 'python is gone' >&2; exit 127".to_owned(), "python is gone", "by hand"),
    ] {
        let fixture = Fixture::new(Vec::new()).await;
        fixture.az(&script);
        for args in [&["list"][..], &["auth", "check"]] {
            let finished = fixture.run(&[("AZURE_TENANT_ID", TENANT)], args).await;
            assert_eq!((finished.code, finished.stdout.as_str()), (4, ""), "{}", finished.stderr);
            let (error, help) = finished.failure();
            assert!(error.contains(message) && help.contains(hint), "{}", finished.stderr);
        }
        assert_eq!((fixture.entra.connections(), fixture.api.connections()), (0, 0));
    }
}
