//! `create`, `update` and `delete`: what they check, show and select.

use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{EmulatorBuilder, Fault};
use partner_center_insights::{Report, ReportStatus, Timestamp, spec};
use serde_json::{Value, json};

use crate::{ACTIVE, ALSO_PAUSED, Finished, PAUSED, UNKNOWN, bare, count, emulator, finish, id, paused, run};

/// A query of the sample; its dataset allows one execution a day.
const QUERY: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const CREATE: [&str; 7] = ["create", "Sales", "--query-id", QUERY, "--at", "2100-01-01T00:00:00Z", "--every"];

fn rows(stdout: &str) -> Vec<Value> {
    serde_json::from_str(stdout).unwrap()
}

#[tokio::test]
async fn dry_run_of_create_shows_the_request() {
    let emulator = emulator().start().await.unwrap();
    let dry = [&CREATE[..], &["1d", "--dry-run", "--output", "json"]].concat();
    let finished = run(&emulator, &dry).await;
    let request = json!({
        "ReportName": "Sales", "QueryId": QUERY, "StartTime": "2100-01-01T00:00:00Z", "RecurrenceInterval": 24,
    });
    let row = json!({ "outcome": "would-create", "reportId": null, "changes": null, "request": request });
    assert_eq!((finished.code, rows(&finished.stdout)), (Some(0), vec![row]), "{}", finished.stderr);
    let once = ["create", "Now", "--query-id", QUERY, "--once", "--dry-run", "--output", "json"];
    let request = rows(&run(&emulator, &once).await.stdout)[0]["request"].take();
    assert_eq!(request, json!({ "ReportName": "Now", "QueryId": QUERY, "ExecuteNow": true }));
    assert_eq!(count(&emulator, &spec::CREATE_REPORT), 0);
}

#[tokio::test]
async fn copy_of_a_one_time_report_can_be_scheduled() {
    let one_time = "92276658-1e27-41c0-8a6a-63ec24ede6a4";
    let copy = ["--emulator", "create", "Copy", "--from", one_time, "--dry-run", "--output", "json"];
    let request = |finished: Finished| rows(&finished.stdout)[0]["request"].take();
    assert_eq!(request(finish(bare().args(copy)).await)["ExecuteNow"], true);
    let schedule = ["--at", "2100-01-01T00:00:00Z", "--every", "1w"];
    let scheduled = request(finish(bare().args(copy).args(schedule)).await);
    assert_eq!((&scheduled["RecurrenceInterval"], &scheduled["ExecuteNow"]), (&json!(168), &Value::Null));
    let finished = finish(bare().args(copy).args(["--every", "1w"])).await;
    assert!(finished.code == Some(2) && finished.stderr.contains("no start given"), "{finished:?}");
}

#[tokio::test]
async fn dry_run_of_update_shows_the_request() {
    let emulator = emulator().start().await.unwrap();
    let dry = ["update", ACTIVE, "--count", "9", "--dry-run", "--output", "json"];
    let row = rows(&run(&emulator, &dry).await.stdout).remove(0);
    assert_eq!((&row["outcome"], &row["reportId"]), (&json!("would-update"), &json!(ACTIVE)));
    assert_eq!(row["request"]["RecurrenceCount"], 9);
    assert!(row["request"]["StartTime"].as_str().is_some_and(|time| time.ends_with('Z')), "{row}");
    assert_eq!(count(&emulator, &spec::UPDATE_REPORT), 0);
}

/// Reports that have run daily for ten and a half days.
fn running() -> EmulatorBuilder {
    let start = SystemTime::now() - Duration::from_secs(252 * 3600);
    let report = |number, status: &str| {
        Report::new(id(number)).with_name("Daily").with_status(status.into()).with_schedule(start, 24, 100)
    };
    let reports = [report(1, "Active"), report(2, "Paused"), report(3, "Inactive")];
    emulator().clock(SystemTime::now).reports(reports)
}

#[tokio::test]
async fn update_that_ends_a_report_is_confirmed() {
    let emulator = running().start().await.unwrap();
    let last = "the last of 5 executions was due at ";
    for number in [1, 2] {
        let id = id(number).to_string();
        let update = ["update", &id, "--count", "5"];
        let dry = run(&emulator, &[&update[..], &["--dry-run"]].concat()).await;
        assert!(dry.code == Some(0) && dry.stderr.contains(&format!("warning: {last}")), "{dry:?}");
        assert!(dry.stderr.ends_with("Z, so this ends the report\n"), "{dry:?}");
        let refused = run(&emulator, &update).await;
        assert_eq!((refused.code, count(&emulator, &spec::UPDATE_REPORT)), (Some(2), 0), "{refused:?}");
        assert!(refused.stderr.contains(&format!("refusing to end the report ({last}")), "{refused:?}");
    }
    let id = id(1).to_string();
    let confirmed = run(&emulator, &["update", &id, "--count", "5", "--yes"]).await;
    assert!(confirmed.code == Some(0) && confirmed.stderr.contains(last), "{confirmed:?}");
    assert!(!confirmed.stderr.contains("Next execution"), "{confirmed:?}");
}

#[tokio::test]
async fn update_that_ends_nothing_is_not_confirmed() {
    let emulator = running().start().await.unwrap();
    let (active, inactive) = (id(1).to_string(), id(3).to_string());
    for args in [["update", &active, "--count", "12"], ["update", &inactive, "--name", "New"]] {
        let finished = run(&emulator, &args).await;
        assert!(finished.code == Some(0) && !finished.stderr.contains("warning"), "{finished:?}");
    }
    let finished = run(&emulator, &["update", &inactive, "--count", "5"]).await;
    assert!(finished.code == Some(0) && finished.stderr.contains("so none is left"), "{finished:?}");
}

#[tokio::test]
async fn extended_report_that_stays_inactive_is_a_warning() {
    let emulator = running().start().await.unwrap();
    let id = id(3).to_string();
    let update = ["update", &id, "--count", "500", "--earliest"];
    let planned = run(&emulator, &[&update[..], &["--dry-run"]].concat()).await;
    assert!(planned.code == Some(0) && planned.stderr.contains("it is unknown whether"), "{planned:?}");
    assert!(!planned.stderr.contains("next at"), "{planned:?}");
    let finished = run(&emulator, &update).await;
    let hint = format!("`partner-insights create NAME --from {id} --earliest`");
    assert!(finished.code == Some(0) && finished.stderr.contains(&hint), "{finished:?}");
}

#[tokio::test]
async fn callback_is_changed_in_parts() {
    let emulator = running().start().await.unwrap();
    let id = id(1).to_string();
    let alone = run(&emulator, &["update", &id, "--callback-method", "GET"]).await;
    assert!(alone.code == Some(2) && alone.stderr.contains("no callback URL"), "{alone:?}");
    let steps: [(&[&str], [&str; 2]); 3] = [
        (&["--callback-url", "https://h/1", "--callback-method", "GET"], ["GET", "https://h/1"]),
        (&["--callback-url", "https://h/2"], ["GET", "https://h/2"]),
        (&["--callback-method", "POST"], ["POST", "https://h/2"]),
    ];
    for (flags, [method, url]) in steps {
        let finished = run(&emulator, &[&["update", &id, "--output", "json"], flags].concat()).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let report = rows(&finished.stdout)[0].take();
        assert_eq!((&report["callbackMethod"], &report["callbackUrl"]), (&json!(method), &json!(url)));
    }
    let copy = ["create", "Copy", "--from", &id, "--query-id", QUERY, "--earliest", "--output", "json"];
    let copy = run(&emulator, &[&copy[..], &["--callback-method", "GET"]].concat()).await;
    assert_eq!(copy.code, Some(0), "{copy:?}");
    let copy = rows(&copy.stdout)[0].take();
    assert_eq!((&copy["callbackMethod"], &copy["callbackUrl"]), (&json!("GET"), &json!("https://h/2")));
    let finished = run(&emulator, &[&CREATE[..], &["1d", "--callback-method", "GET"]].concat()).await;
    assert!(finished.code == Some(2) && finished.stderr.contains("needs --callback-url"), "{finished:?}");
}

#[tokio::test]
async fn dry_run_of_update_lists_the_changes() {
    let emulator = running().start().await.unwrap();
    let id = id(1).to_string();
    let update = ["update", &id, "--every", "1w", "--description", "For finance", "--dry-run"];
    let table = run(&emulator, &update).await.stdout;
    let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    let expected = [
        &["PROPERTY", "NOW", "THEN"][..],
        &["description", "For", "finance"],
        &["recurrenceInterval", "24", "168"],
    ];
    assert_eq!(lines, expected, "{table}");
    let planned = rows(&run(&emulator, &[&update[..], &["--output", "json"]].concat()).await.stdout);
    let change = json!({ "property": "recurrenceInterval", "from": 24, "to": 168 });
    assert_eq!(planned[0]["changes"][1], change);
}

#[tokio::test]
async fn next_execution_after_an_update_is_not_past() {
    let emulator = running().start().await.unwrap();
    let finished = run(&emulator, &["update", &id(1).to_string(), "--count", "50"]).await;
    let (_, next) = finished.stderr.split_once("Next execution: ").unwrap();
    let next = Timestamp::from(next.split_once(' ').unwrap().0).to_system_time().unwrap();
    assert!(next > SystemTime::now(), "{finished:?}");
}

#[tokio::test]
async fn dry_run_checks_the_documented_rules() {
    let emulator = emulator().start().await.unwrap();
    let create = |interval| [&CREATE[..], &[interval, "--dry-run"]].concat();
    let callback = [&CREATE[..], &["1d", "--dry-run", "--callback-url", "hook"]].concat();
    let early =
        ["create", "Now", "--query-id", QUERY, "--at", "2026-01-01T00:00Z", "--every", "1d", "--dry-run"];
    let rows = [
        (&create("3h")[..], "Recurrence Interval must be between 4 and 2160"),
        (&create("4h")[..], "between 24 and 2160 (whole hours); the dataset CSPRevenueDetails"),
        (&callback[..], "absolute http or https URL"),
        (&early[..], "Start time of report should at least be 4 hours"),
        (&["update", ACTIVE, "--every", "3h", "--dry-run"], "Recurrence Interval must be between 4 and 2160"),
        (&["update", ACTIVE, "--name", "a;b", "--dry-run"], "Invalid character (;) in ReportName"),
        (&["update", UNKNOWN, "--count", "9", "--dry-run"], "there is no report"),
    ];
    for (args, message) in rows {
        let finished = run(&emulator, args).await;
        assert!(matches!(finished.code, Some(2 | 3)) && finished.stdout.is_empty(), "{args:?}: {finished:?}");
        assert!(finished.stderr.contains(message), "{args:?}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn end_of_a_schedule_is_for_cmp_only() {
    let emulator = emulator().start().await.unwrap();
    let create = [&CREATE[..], &["1d", "--count", "3"]].concat();
    for args in [&create[..], &["update", ACTIVE]] {
        let args = [args, &["--end", "2101-01-01T00:00:00Z"]].concat();
        let finished = run(&emulator, &args).await;
        assert_eq!((finished.code, emulator.requests().len()), (Some(2), 0), "{finished:?}");
        assert!(finished.stderr.starts_with("error: --end is not available for mpn"), "{finished:?}");
    }
    let cmp = [&create[..], &["--end", "2101-01-01T00:00:00Z", "--program", "cmp"]].concat();
    assert_eq!(run(&emulator, &cmp).await.code, Some(0));
}

#[tokio::test]
async fn short_interval_of_an_update_is_refused() {
    let emulator = emulator().start().await.unwrap();
    let created = run(&emulator, &[&CREATE[..], &["1d", "--output", "ids"]].concat()).await;
    let finished = run(&emulator, &["update", created.stdout.trim(), "--every", "4h"]).await;
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("the dataset CSPRevenueDetails"), "{}", finished.stderr);
    assert_eq!(count(&emulator, &spec::UPDATE_REPORT), 0);
}

#[tokio::test]
async fn delete_reads_ids_from_a_file() {
    let emulator = emulator().start().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{PAUSED}\n{ALSO_PAUSED}\n{PAUSED}\n{UNKNOWN}\n")).unwrap();
    let path = file.path().to_str().unwrap();
    let finished = run(&emulator, &["delete", "--ids-file", path, "--yes", "--output", "json"]).await;
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let rows = rows(&finished.stdout);
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["deleted", "deleted", "not-found"]);
    assert_eq!((&rows[2]["message"], &rows[2]["error"]), (&"no report has this ID".into(), &Value::Null));
    assert!(finished.stderr.contains("hint: `partner-insights list` lists"), "{}", finished.stderr);
    assert_eq!(count(&emulator, &spec::DELETE_REPORT), 2);
}

#[tokio::test]
async fn failed_deletion_is_reported_with_its_error() {
    let refuse = Fault::respond(403, "application/json", json!({ "message": "Blocked" }).to_string());
    let emulator = emulator().reports(paused(3)).fault(refuse.on(&spec::DELETE_REPORT).first(1));
    let emulator = emulator.start().await.unwrap();
    let (one, two) = (id(1).to_string(), id(2).to_string());
    let finished = run(&emulator, &["delete", &one, &two, "--yes", "--output", "json"]).await;
    assert_eq!(finished.code, Some(9), "{finished:?}");
    let rows = rows(&finished.stdout);
    assert_eq!((&rows[0]["outcome"], &rows[0]["message"]), (&"failed".into(), &"Blocked".into()));
    assert_eq!(rows[0]["error"]["kind"], "forbidden");
    assert_eq!((&rows[1]["outcome"], &rows[1]["error"]), (&"deleted".into(), &Value::Null));
    crate::schema::validate(&["delete"], &Value::Array(rows)).await;
}

#[tokio::test]
async fn delete_by_name_shows_what_is_deleted() {
    let emulator = emulator().reports(paused(3)).start().await.unwrap();
    let dry = run(&emulator, &["delete", "--name", "report ?", "--dry-run", "--output", "ids"]).await;
    assert_eq!((dry.code, dry.stdout.lines().count()), (Some(0), 3), "{dry:?}");
    let what = "3 reports (0 active), their executions and presumably their files";
    assert_eq!(dry.stderr, format!("Would delete {what}; nothing was changed.\n"));
    let one = run(&emulator, &["delete", "--name", "report 1", "--dry-run", "--output", "ids"]).await;
    let what = "1 report (0 active), its executions and presumably its files";
    assert_eq!(one.stderr, format!("Would delete {what}; nothing was changed.\n"));
    assert_eq!(run(&emulator, &["delete", "--name", "*1"]).await.code, Some(2), "not confirmed");
    let did = run(&emulator, &["delete", "--name", "*1", "--yes", "--output", "ids"]).await;
    assert_eq!((did.code, did.stdout), (Some(0), format!("{}\n", id(1))));
    assert_eq!(emulator.reports().len(), 2);
}

#[tokio::test]
async fn delete_needs_one_selection_that_matches() {
    let emulator = emulator().reports(paused(3)).start().await.unwrap();
    for (args, code, message) in [
        (&["delete", "--yes"][..], 2, "no reports given"),
        (&["delete", PAUSED, "--name", "*", "--yes"], 2, "cannot be used with report IDs"),
        (&["delete", "--name", "Report 12", "--yes"], 3, "similar name"),
        (&["delete", "--query-id", "none", "--yes"], 3, "no report runs this query"),
    ] {
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(code), "{args:?}: {finished:?}");
        assert!(finished.stderr.contains(message), "{args:?}: {}", finished.stderr);
    }
    assert_eq!(emulator.reports().len(), 3);
}

#[tokio::test]
async fn exhausted_quota_names_candidates() {
    let refuse = |operation, message: &str| {
        let body = json!({ "value": [], "totalCount": 0, "message": message, "statusCode": 400 });
        Fault::respond(400, "application/json", body.to_string()).on(operation)
    };
    let queries = refuse(&spec::CREATE_REPORT_QUERY, "Number of queries exceeded. Delete few queries");
    let mut once: Report = paused(1).next().unwrap().with_status(ReportStatus::Inactive);
    once.execute_now = Some(true);
    once.created_time = Some(std::time::SystemTime::now().into());
    let active = (1..52).map(|number| Report::new(id(number)).with_status(ReportStatus::Active));
    let reports: Vec<_> = active.chain([once]).collect();
    let fault =
        refuse(&spec::CREATE_REPORT, "User has exceeded its ExecuteNow report creation quota").first(1);
    let emulator = emulator().reports(reports).fault(queries).fault(fault).start().await.unwrap();

    let text = "SELECT MPNId FROM Profile";
    let finished = run(&emulator, &["query", "create", "Partners", text]).await;
    assert_eq!(finished.code, Some(6), "{finished:?}");
    let unused = format!("`partner-insights query delete ID` deletes one: {QUERY} (TopCustomers)");
    assert!(finished.stderr.contains(&unused), "{}", finished.stderr);

    let finished = run(&emulator, &["create", "Now", "--query-id", QUERY, "--once"]).await;
    assert!(finished.stderr.contains("try again after 20"), "{}", finished.stderr);

    let finished = run(&emulator, &[&CREATE[..], &["1d"]].concat()).await;
    assert_eq!(finished.code, Some(6), "{finished:?}");
    assert!(
        finished.stderr.contains("delete or pause an active report")
            && finished.stderr.contains(", and 46 more"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn query_try_example_of_the_help_runs() {
    let help = finish(bare().args(["query", "try", "--help"])).await.stdout;
    let line = help.lines().find(|line| line.contains("query try --id")).unwrap();
    let args = line.split_whitespace().skip(1);
    let finished = finish(bare().arg("--emulator").args(args)).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!rows(&finished.stdout).is_empty());
}
