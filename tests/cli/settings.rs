//! Every flag has an environment name: the flag comes first, then the environment, then the default.

use crate::{RESUME, TOKEN, bare, emulator, end, program};

#[tokio::test]
async fn a_flag_beats_the_environment_and_the_environment_the_default() {
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
        // Empty is unset.
        (&["list"], ("PARTNER_CENTER_OUTPUT", ""), " "),
        (&["list"], ("PARTNER_CENTER_PROGRAM", ""), " "),
        (&["list"], ("PARTNER_CENTER_QUIET", ""), " "),
    ] {
        let ended = end(program(&emulator).args(args).env(environment.0, environment.1)).await;
        assert_eq!(ended.code, Some(0), "{args:?} {environment:?}: {}", ended.stderr);
        assert!(ended.stdout.starts_with(first_byte), "{args:?} {environment:?}: {}", ended.stdout);
    }
}

#[tokio::test]
async fn two_places_to_work_on_are_refused_if_both_were_meant() {
    for args in [
        &["--emulator", "list", "--base-url", "http://localhost:9"][..],
        &["list", "--base-url", "http://localhost:9", "--emulator"],
    ] {
        let ended = end(bare().args(args).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN)).await;
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("--base-url") && ended.stderr.contains("--emulator"),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn switches_of_the_environment_understand_what_people_write() {
    for (value, emulated) in
        [("1", true), ("true", true), ("yes", true), ("0", false), ("false", false), ("", false)]
    {
        let ended = end(bare().arg("list").env("PARTNER_CENTER_EMULATOR", value)).await;
        // Without an emulator there is no token.
        assert_eq!(ended.code, Some(if emulated { 0 } else { 4 }), "{value:?}: {}", ended.stderr);
    }
    let emulator = emulator().start().await.unwrap();
    // What is not understood is no yes.
    for (value, code) in [("nope", 2), ("NEVER", 2), ("no", 2), ("1", 0)] {
        let mut command = program(&emulator);
        let ended = end(command.args(["resume", "--all-paused"]).env("PARTNER_CENTER_YES", value)).await;
        assert_eq!(ended.code, Some(code), "{value}: {}", ended.stderr);
        emulator.assert_requests(RESUME, if code == 0 { 3 } else { 0 });
    }
}

#[tokio::test]
async fn the_program_shapes_the_path() {
    let emulator = emulator().start().await.unwrap();
    let mut command = program(&emulator);
    end(command.args(["list", "--program", "cmp"])).await;
    assert_eq!(emulator.requests()[0].target, "/insights/v1.1/cmp/ScheduledReport");
}
