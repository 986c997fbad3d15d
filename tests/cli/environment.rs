//! Environment variables with the quotes and line ends that scripts leave in them.

use crate::{LIST, PAUSED, UNKNOWN, bare, cli, emulator, finish};

#[tokio::test]
async fn quotes_and_line_ends_of_variables_are_removed() {
    let emulator = emulator().start().await.unwrap();
    for (name, value) in [
        ("PARTNER_CENTER_OUTPUT", "JSON\r"),
        ("PARTNER_CENTER_OUTPUT", "\"json\""),
        ("PARTNER_CENTER_PROGRAM", "MPN\r\n"),
        ("PARTNER_CENTER_COLOR", "'Never'"),
        ("PARTNER_CENTER_VERBOSE", "true"),
        ("PARTNER_CENTER_VERBOSE", "on\r"),
        ("PARTNER_CENTER_QUIET", "\"yes\"\r"),
        ("PARTNER_CENTER_AUTH", "Token\r"),
        ("PARTNER_CENTER_EMULATOR", "\r"),
        ("AZURE_TENANT_ID", "'contoso.com'"),
    ] {
        let finished = finish(cli(&emulator).arg("list").env(name, value)).await;
        assert_eq!(finished.code, Some(0), "{name}={value:?}: {}", finished.stderr);
        let is_json = name == "PARTNER_CENTER_OUTPUT";
        assert_eq!(finished.stdout.starts_with('['), is_json, "{name}={value:?}: {}", finished.stdout);
        assert_eq!(
            finished.stderr.contains("getReports"),
            name == "PARTNER_CENTER_VERBOSE",
            "{}",
            finished.stderr
        );
    }
    // These commands change nothing, because the report does not exist.
    let unknown = [&["delete", UNKNOWN][..], &["resume", UNKNOWN]];
    for args in unknown {
        let finished = finish(cli(&emulator).args(args).env("PARTNER_CENTER_YES", "'YES'\r")).await;
        assert_eq!(finished.code, Some(3), "{args:?}: {}", finished.stderr);
    }
    let url = format!("\"{}\"\r", emulator.base_url());
    let finished = finish(cli(&emulator).arg("list").env("PARTNER_CENTER_BASE_URL", url)).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn refused_variable_is_named() {
    let emulator = emulator().start().await.unwrap();
    for (name, value) in [
        ("PARTNER_CENTER_OUTPUT", "j\rson"),
        ("PARTNER_CENTER_EMULATOR_LISTEN", "local\rhost"),
        ("PARTNER_CENTER_PROGRAM", "m\u{1b}[31mpn"),
        ("PARTNER_CENTER_VERBOSE", "lo\rud"),
        ("PARTNER_CENTER_QUIET", "may\rbe"),
        ("PARTNER_CENTER_AUTH", "per\rhaps"),
    ] {
        let command = if name.ends_with("LISTEN") { "emulator" } else { "list" };
        let finished = finish(cli(&emulator).arg(command).env(name, value)).await;
        assert_eq!(finished.code, Some(2), "{name}: {}", finished.stderr);
        assert!(finished.stderr.contains(name), "{name}: {}", finished.stderr);
        assert!(!finished.stderr.contains(['\r', '\u{1b}']), "{name}: {:?}", finished.stderr);
    }
    emulator.assert_requests(LIST, 0);
}

#[tokio::test]
async fn conflict_names_the_variables() {
    let mut command = bare();
    command.env("PARTNER_CENTER_EMULATOR", "1").env("PARTNER_CENTER_BASE_URL", "http://127.0.0.1:9");
    let finished = finish(command.args(["resume", PAUSED])).await;
    assert_eq!(finished.code, Some(2));
    let expected = "error: PARTNER_CENTER_EMULATOR cannot be used with PARTNER_CENTER_BASE_URL\n";
    assert_eq!(finished.stderr, expected);
}

#[tokio::test]
async fn usage_errors_follow_the_format_of_the_variable() {
    for (args, is_json) in
        [(&["lst"][..], true), (&[], true), (&["lst", "-o", "table"], false), (&["-h"], false)]
    {
        let finished = finish(bare().args(args).env("PARTNER_CENTER_OUTPUT", "json")).await;
        assert_eq!(finished.code, Some(if args == ["-h"] { 0 } else { 2 }), "{args:?}");
        let json = serde_json::from_str::<serde_json::Value>(&finished.stderr);
        assert_eq!(json.is_ok_and(|json| json["error"]["kind"] == "usage"), is_json, "{}", finished.stderr);
    }
}

#[tokio::test]
async fn usage_line_does_not_name_what_a_variable_sets() {
    let variables =
        [("PARTNER_CENTER_BASE_URL", "https://service.example"), ("AZURE_TENANT_ID", "contoso.com")];
    let finished = finish(bare().args(["resume", "--help"]).envs(variables)).await;
    assert!(
        finished.stdout.contains("\nUsage: partner-insights resume [OPTIONS] [ID]...\n"),
        "{}",
        finished.stdout
    );
}
