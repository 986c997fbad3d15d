//! The network around the CLI: proxies, certificates and file descriptors.

use tokio::process::Command;

use crate::support::{EMPTY_LIST, Server, Step, response};
use crate::{Finished, TOKEN, bare, emulator, finish};

const NO_CERTIFICATES: [(&str, &str); 2] =
    [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];

/// `list`, at a service that does not exist.
fn list(environment: &[(&str, &str)]) -> Command {
    let mut command = bare();
    command
        .env("PARTNER_CENTER_BASE_URL", "https://insights.invalid")
        .env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    command.envs(environment.iter().copied()).args(["list", "-vv"]);
    command
}

/// Checks that the password appears neither as text nor encoded, as in the header for the proxy.
fn holds_no_password(stderr: &str) {
    assert!(!stderr.contains("s3cr3t") && !stderr.contains("czNjcjN0"), "{stderr}");
    assert!(!stderr.contains("dXNlcjpzM2NyM3Q"), "{stderr}");
}

/// Standard error without the log.
fn errors(finished: &Finished) -> String {
    let lines =
        finished.stderr.lines().filter(|line| line.starts_with("error: ") || line.starts_with("hint: "));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn loopback_needs_no_certificates() {
    let emulator = emulator().start().await.unwrap();
    for args in [&["list", "--base-url", &emulator.base_url()][..], &["list", "--emulator"]] {
        let mut command = bare();
        command.env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN).envs(NO_CERTIFICATES);
        let finished = finish(command.args(args)).await;
        assert_eq!(finished.code, Some(0), "{args:?}: {}", finished.stderr);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn missing_certificates_are_named() {
    let application = [("AZURE_TENANT_ID", "contoso.onmicrosoft.com"), ("AZURE_CLIENT_ID", "1")];
    for (more, code) in
        [(&[][..], 2), (&[("AZURE_CLIENT_SECRET", "x"), ("PARTNER_CENTER_ACCESS_TOKEN", "")], 4)]
    {
        let finished = finish(list(more).envs(NO_CERTIFICATES).envs(application)).await;
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        let errors = errors(&finished);
        assert!(errors.contains("ca-certificates") && errors.contains("SSL_CERT_FILE"), "{errors}");
    }
}

#[tokio::test]
async fn unusable_proxy_is_refused_by_its_variable() {
    let bad = "http://[bad:s3cr3t@";
    for (environment, name) in [
        (&[("ALL_PROXY", "socks5://user:s3cr3t@127.0.0.1:9")][..], "ALL_PROXY"),
        (&[("all_proxy", "socks5h://127.0.0.1:9")], "all_proxy"),
        (&[("HTTPS_PROXY", "socks4://127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("https_proxy", "\"http://user:s3cr3t@127.0.0.1:9\"")], "https_proxy"),
        (&[("HTTPS_PROXY", "'http://127.0.0.1:9'")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", bad)], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http:/127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://127.0.0.1:9\r")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "ftp://127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", ":8080")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://127.0.0.1:99999")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://127.0.0.1:9;http://127.0.0.1:10")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "pac+http://wpad/wpad.dat")], "HTTPS_PROXY"),
        (&[("ALL_PROXY", "SOCKS5://127.0.0.1:9")], "ALL_PROXY"),
        // With an unencoded special character, a part of the password is parsed as the port.
        (&[("HTTPS_PROXY", "http://user:s3cr3t#x@127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://user:s3cr3t/x@127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", "http://user:s3cr3t?x@127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", ""), ("ALL_PROXY", bad)], "ALL_PROXY"),
        (&[("HTTPS_PROXY", bad), ("ALL_PROXY", "http://127.0.0.1:9")], "HTTPS_PROXY"),
        (&[("HTTPS_PROXY", bad), ("NO_PROXY", "elsewhere.invalid")], "HTTPS_PROXY"),
    ] {
        let finished = finish(&mut list(environment)).await;
        assert_eq!(finished.code, Some(2), "{environment:?}: {}", finished.stderr);
        assert!(errors(&finished).starts_with(&format!("error: {name} ")), "{}", finished.stderr);
        holds_no_password(&finished.stderr);
    }
}

#[tokio::test]
async fn unused_proxy_is_not_checked() {
    let emulator = emulator().start().await.unwrap();
    for args in [&["list", "--base-url", &emulator.base_url()][..], &["list", "--emulator"], &["spec"]] {
        let mut command = bare();
        command.env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN).env("HTTPS_PROXY", "http://[bad");
        let finished = finish(command.args(args)).await;
        assert_eq!(finished.code, Some(0), "{args:?}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn refusing_proxy_is_named_with_its_status() {
    for (status, code, connects) in [(407, 2, 1), (403, 2, 2), (502, 7, 8)] {
        let server = Server::start(vec![vec![Step::Send(response(status, "", "no"))]]).await;
        let address = server.url();
        let secret = address.replace("http://", "http://user:s3cr3t@");
        let finished = finish(&mut list(&[("HTTPS_PROXY", &secret)])).await;
        let errors = errors(&finished);
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        assert!(errors.contains(&format!("proxy {address}: HTTP {status}")), "{errors}");
        holds_no_password(&finished.stderr);
        // After a status other than 407, each attempt connects a second time.
        assert_eq!(server.count(), connects, "{status}");
        assert_eq!(server.requests()[0].line(), "CONNECT insights.invalid:443");
    }
}

#[tokio::test]
async fn dead_proxy_is_named_without_its_password() {
    for (name, value) in [
        ("HTTPS_PROXY", "http://user:s3cr3t@127.0.0.1:9"),
        ("https_proxy", "http://127.0.0.1:9/"),
        ("ALL_PROXY", "127.0.0.1:9"),
    ] {
        let finished = finish(&mut list(&[(name, value)])).await;
        assert_eq!(finished.code, Some(7), "{}", finished.stderr);
        let errors = errors(&finished);
        assert!(errors.contains("proxy http://127.0.0.1:9: connection refused"), "{errors}");
        holds_no_password(&finished.stderr);
    }
}

#[tokio::test]
async fn exceptions_bypass_the_proxy() {
    let proxy = Server::start(vec![vec![Step::Send(response(407, "", ""))]]).await;
    for (name, value, host, connects) in [
        ("NO_PROXY", "*", "localhost", 0),
        ("NO_PROXY", "127.0.0.0/8", "127.0.0.1", 0),
        ("no_proxy", "elsewhere, 127.0.0.1", "127.0.0.1", 0),
        ("NO_PROXY", "10.0.0.0/8", "127.0.0.1", 1),
    ] {
        let mut command = list(&[("HTTPS_PROXY", &proxy.url()), (name, value)]);
        let finished = finish(command.env("PARTNER_CENTER_BASE_URL", format!("https://{host}:9"))).await;
        assert_eq!(finished.code, Some(if connects == 0 { 7 } else { 2 }), "{value}: {}", finished.stderr);
        assert_eq!(proxy.take_requests().len(), connects, "{value}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn too_few_file_descriptors_are_named() {
    // The number of descriptors that the CLI needs before it connects depends on the platform.
    for limit in 8..16 {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit -n {limit}; exec \"$0\" list"),
            env!("CARGO_BIN_EXE_partner-insights"),
        ]);
        command
            .env("PARTNER_CENTER_BASE_URL", "http://127.0.0.1:9")
            .env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
        let stderr = String::from_utf8(command.output().await.unwrap().stderr).unwrap();
        if stderr.contains("too few file descriptors: ") {
            assert!(stderr.contains("\nhint: allow more open files (ulimit -n)"), "{stderr}");
            return;
        }
    }
    panic!("no limit was too low");
}

#[tokio::test]
async fn quota_in_the_text_of_a_403_is_throttling() {
    let body =
        r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 00:12:33."}"#;
    let server = Server::sending(response(403, "", body)).await;
    let finished = finish(list(&[]).env("PARTNER_CENTER_BASE_URL", server.url())).await;
    assert_eq!(finished.code, Some(7), "{}", finished.stderr);
    assert!(errors(&finished).contains("retry after 753 s"), "{}", finished.stderr);

    let short = response(403, "", body.replace("00:12:33", "00:00:01"));
    server.play_next(vec![vec![Step::Send(short)], vec![Step::Send(response(200, "", EMPTY_LIST))]]);
    let finished = finish(list(&[]).env("PARTNER_CENTER_BASE_URL", server.url())).await;
    assert_eq!((finished.code, server.count()), (Some(0), 2), "{}", finished.stderr);
}

#[tokio::test]
async fn gateway_page_is_not_a_missing_role() {
    for (body, hint) in [
        ("<html><title>Access denied</title></html>", "a gateway or proxy seems to have written"),
        ("Access denied", "a gateway or proxy seems to have written"),
        (r#"{"value":[],"message":"Access denied","statusCode":403}"#, "give the user the role"),
        ("", "give the user the role"),
    ] {
        let server = Server::sending(response(403, "", body)).await;
        let finished = finish(list(&[]).env("PARTNER_CENTER_BASE_URL", server.url())).await;
        assert_eq!(finished.code, Some(5), "{}", finished.stderr);
        assert!(finished.stderr.contains(&format!("\nhint: {hint}")), "{body}: {}", finished.stderr);
    }
}
