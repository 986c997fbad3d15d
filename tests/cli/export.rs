//! `export`: prints the rows of a query, and leaves no query or report behind.

use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault};
use partner_center_insights::spec;

use crate::{Finished, emulator, run};

const TEXT: &str = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_MONTH";

/// The numbers of own queries and of reports.
async fn counts(emulator: &Emulator) -> (usize, usize) {
    let list = async |args: &[&str]| run(emulator, args).await.stdout.lines().count();
    (list(&["query", "list", "--own", "--output", "ids"]).await, list(&["list", "--output", "ids"]).await)
}

/// Runs the export, and returns how many queries and reports it leaves behind.
async fn exported(builder: EmulatorBuilder, args: &[&str]) -> (Finished, (usize, usize)) {
    let emulator = builder.start().await.unwrap();
    let before = counts(&emulator).await;
    let finished = run(&emulator, &[&["export", "--query", TEXT], args].concat()).await;
    let after = counts(&emulator).await;
    (finished, (after.0 - before.0, after.1 - before.1))
}

#[tokio::test]
async fn export_prints_rows_and_leaves_nothing() {
    let (finished, left) = exported(emulator().clock(std::time::SystemTime::now), &[]).await;
    assert_eq!((finished.code, left), (Some(0), (0, 0)), "{}", finished.stderr);
    assert!(finished.stdout.lines().count() > 1, "{}", finished.stdout);
}

#[tokio::test]
async fn failed_export_leaves_nothing() {
    for operation in [&spec::CREATE_REPORT, &spec::GET_REPORT_EXECUTIONS] {
        let (finished, left) = exported(emulator().fault(Fault::refuse(403).on(operation)), &[]).await;
        assert_eq!((finished.code, left), (Some(5), (0, 0)), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
}

#[tokio::test]
async fn timed_out_export_leaves_nothing() {
    let (finished, left) = exported(emulator(), &["--timeout", "0s"]).await;
    assert_eq!((finished.code, left), (Some(11), (0, 0)), "{}", finished.stderr);
    assert!(finished.stderr.ends_with("hint: pass a longer --timeout\n"), "{}", finished.stderr);
}

#[tokio::test]
async fn unwritable_file_is_refused_before_the_export() {
    let (emulator, folder) = (emulator().start().await.unwrap(), tempfile::tempdir().unwrap());
    let missing = folder.path().join("missing").join("rows.csv");
    for file in [&*missing, folder.path()] {
        let finished = run(&emulator, &["export", "--query", TEXT, "-O", file.to_str().unwrap()]).await;
        assert_eq!((finished.code, emulator.requests().len()), (Some(2), 0), "{finished:?}");
        assert!(finished.stderr.contains(file.to_str().unwrap()), "{finished:?}");
    }
}

#[tokio::test]
async fn export_names_what_it_could_not_delete() {
    for (operation, hint, left) in [
        (&spec::DELETE_REPORT, "`partner-insights delete ", (0, 1)),
        (&spec::DELETE_REPORT_QUERY, "`partner-insights query delete ", (1, 0)),
    ] {
        let clock = emulator().clock(std::time::SystemTime::now);
        let (finished, found) = exported(clock.fault(Fault::refuse(403).on(operation)), &[]).await;
        assert_eq!((finished.code, found), (Some(9), left), "{}", finished.stderr);
        assert!(finished.stderr.contains(hint), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn query_of_an_unconfirmed_report_is_kept() {
    // The report is created, but neither the response nor the list shows it. The third list is the one after the loss.
    let lost = Fault::disconnect_after().on(&spec::CREATE_REPORT);
    let hidden = Fault::refuse(403).on(&spec::GET_REPORTS).nth(3);
    let emulator = emulator().fault(lost).fault(hidden).start().await.unwrap();
    let before = counts(&emulator).await;
    let finished = run(&emulator, &["export", "--query", TEXT]).await;
    assert_eq!(finished.code, Some(7), "{}", finished.stderr);
    assert_eq!(counts(&emulator).await, (before.0 + 1, before.1 + 1));

    let (_, warning) = finished.stderr.split_once("warning: the report \"partner insights export ").unwrap();
    let commands: Vec<_> = warning.split('`').skip(1).step_by(2).collect();
    let [report, query] = commands[..] else { panic!("{}", finished.stderr) };
    for command in [report, query] {
        let args: Vec<_> = command.split(' ').skip(1).chain(["--yes"]).collect();
        assert_eq!(run(&emulator, &args).await.code, Some(0), "{command}");
    }
    assert_eq!(counts(&emulator).await, before);
}

#[tokio::test]
async fn query_that_does_not_fit_is_not_exported() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["export", "--query", "SELECT CustomerNam FROM OfficeUsage"]).await;
    assert_eq!(finished.code, Some(6));
    assert!(finished.stderr.contains("CustomerName"), "{}", finished.stderr);
    emulator.assert_requests(&spec::CREATE_REPORT_QUERY, 0);
}

#[cfg(unix)]
#[tokio::test]
async fn interrupted_export_leaves_nothing() {
    use std::time::Duration;

    use tokio::process::Command;

    let slow = emulator().one_time_duration(Duration::from_secs(3600));
    let emulator = slow.start().await.unwrap();
    let before = counts(&emulator).await;
    for signal in ["-INT", "-TERM"] {
        let known = crate::count(&emulator, &spec::CREATE_REPORT);
        let mut command = crate::cli(&emulator);
        let child = command.args(["export", "--query", TEXT]).spawn().unwrap();
        crate::until("the report is created", || crate::count(&emulator, &spec::CREATE_REPORT) > known).await;
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), counts(&emulator).await), (Some(130), before), "{stderr}");
    }
}
