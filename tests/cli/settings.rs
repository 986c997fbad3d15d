//! Precedence: flag, environment, default.

use crate::{RESUME, TOKEN, bare, cli, emulator, finish};

#[tokio::test]
async fn flag_overrides_environment_overrides_default() {
    let emulator = emulator().start().await.unwrap();
    let dead = "http://127.0.0.1:9";
    for (args, environment, first_byte) in [
        (&["list"][..], ("PARTNER_CENTER_OUTPUT", "json"), "["),
        (&["list", "--output", "jsonl"], ("PARTNER_CENTER_OUTPUT", "json"), "{"),
        (&["list", "--base-url", &emulator.base_url()], ("PARTNER_CENTER_BASE_URL", dead), " "),
        (&["list", "--emulator"], ("PARTNER_CENTER_BASE_URL", dead), " "),
        (&["list", "--base-url", &emulator.base_url()], ("PARTNER_CENTER_EMULATOR", "true"), " "),
        (&["list", "--verbose"], ("PARTNER_CENTER_QUIET", "1"), " "),
        (&["list", "--quiet"], ("PARTNER_CENTER_VERBOSE", "1"), " "),
        // An empty variable counts as unset.
        (&["list"], ("PARTNER_CENTER_OUTPUT", ""), " "),
        (&["list"], ("PARTNER_CENTER_PROGRAM", ""), " "),
        (&["list"], ("PARTNER_CENTER_QUIET", ""), " "),
    ] {
        let finished = finish(cli(&emulator).args(args).env(environment.0, environment.1)).await;
        assert_eq!(finished.code, Some(0), "{args:?} {environment:?}: {}", finished.stderr);
        assert!(finished.stdout.starts_with(first_byte), "{args:?} {environment:?}: {}", finished.stdout);
    }
}

#[tokio::test]
async fn emulator_and_base_url_flags_conflict() {
    for args in [
        &["--emulator", "list", "--base-url", "http://localhost:9"][..],
        &["list", "--base-url", "http://localhost:9", "--emulator"],
    ] {
        let finished = finish(bare().args(args).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN)).await;
        assert_eq!(finished.code, Some(2), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("--base-url") && finished.stderr.contains("--emulator"),
            "{}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn environment_switches_accept_common_spellings() {
    for (value, emulated) in
        [("1", true), ("true", true), ("yes", true), ("0", false), ("false", false), ("", false)]
    {
        let finished = finish(bare().arg("list").env("PARTNER_CENTER_EMULATOR", value)).await;
        // Without an emulator there is no token.
        assert_eq!(finished.code, Some(if emulated { 0 } else { 4 }), "{value:?}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn environment_yes_must_be_affirmative() {
    let emulator = emulator().start().await.unwrap();
    for (value, code) in [("nope", 2), ("NEVER", 2), ("no", 2), ("1", 0)] {
        let mut command = cli(&emulator);
        let finished =
            finish(command.args(["resume", "--all-paused"]).env("PARTNER_CENTER_YES", value)).await;
        assert_eq!(finished.code, Some(code), "{value}: {}", finished.stderr);
        emulator.assert_requests(RESUME, if code == 0 { 5 } else { 0 });
    }
}

#[tokio::test]
async fn program_selects_the_path() {
    let emulator = emulator().start().await.unwrap();
    let mut command = cli(&emulator);
    finish(command.args(["list", "--program", "cmp"])).await;
    assert_eq!(emulator.requests()[0].target, "/insights/v1.1/cmp/ScheduledReport");
}
