//! The table of failures that the README shows, against the code and the document.

use std::ops::RangeInclusive;

use partner_center_insights::ErrorKind;

use crate::document::Document;
use crate::exchanges::KINDS;

const HEADER: &str = "| kind | HTTP status | service code | exit code | what to do |";

/// The table as the code has it. What the README shows must be this.
pub fn table() -> String {
    let rows = ErrorKind::ALL.map(row);
    format!("{HEADER}\n| --- | --- | --- | --- | --- |\n{}\n", rows.join("\n"))
}

fn row(kind: ErrorKind) -> String {
    let range = |range: &RangeInclusive<u16>| match (*range.start(), *range.end()) {
        (0, _) => "any other".to_owned(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first} to {last}"),
    };
    let statuses: Vec<_> = kind.statuses().iter().map(range).collect();
    let code = kind.service_codes().join(", ");
    format!("| {kind} | {} | {code} | {} | {} |", statuses.join(", "), kind.exit_code(), kind.help())
}

/// What is wrong with the table of a README.
pub fn failures(readme: &str, document: &Document) -> Vec<String> {
    let Some(lines) = table_lines(readme) else { return vec![format!("no table begins with {HEADER}")] };
    let mut problems = Vec::new();
    for kind in ErrorKind::ALL {
        let expected = cells(&row(kind));
        match lines.iter().find(|cells| cells[0] == expected[0]) {
            None => problems.push(format!("{kind}: no row")),
            Some(shown) if *shown != expected => {
                problems.push(format!("{kind}: the row says {shown:?}, the code says {expected:?}"));
            }
            Some(_) => {}
        }
    }
    for cells in &lines {
        if !ErrorKind::ALL.iter().any(|kind| kind.name() == cells[0]) {
            problems.push(format!("{}: no such kind", cells[0]));
        }
    }
    let kinds: Vec<_> = lines.iter().map(|cells| cells[0].clone()).collect();
    if problems.is_empty() && kinds != ErrorKind::ALL.map(|kind| kind.name().to_owned()) {
        problems.push(
            "the rows are not in the order of the code, in which the first that fits counts".to_owned(),
        );
    }
    problems.extend(undocumented(&lines, document));
    problems
}

/// Every failure that the document declares has its status in the row of its kind.
fn undocumented(lines: &[Vec<String>], document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        for (status, _) in operation.responses().into_iter().filter(|(status, _)| *status >= 400) {
            let kind = KINDS.iter().find(|(known, _)| *known == status).map(|(_, kind)| kind.name());
            let first = lines.iter().find(|cells| cells[2].is_empty() && covers(&cells[1], status));
            if first.map(|cells| cells[0].as_str()) != kind || kind.is_none() {
                problems.push(format!("{} {status}: not in the row of its kind", operation.id));
            }
        }
    }
    problems
}

fn covers(cell: &str, status: u16) -> bool {
    cell.split(", ").any(|range| match range.split_once(" to ") {
        Some((first, last)) => {
            first.parse().is_ok_and(|first: u16| first <= status)
                && last.parse().is_ok_and(|last: u16| status <= last)
        }
        None => range.parse() == Ok(status),
    })
}

fn table_lines(readme: &str) -> Option<Vec<Vec<String>>> {
    let header = cells(HEADER);
    let mut lines = readme.lines().skip_while(|line| cells(line) != header);
    lines.next()?;
    let rows = lines.take_while(|line| line.starts_with('|')).skip(1);
    Some(
        rows.map(cells)
            .map(|mut row| {
                row.resize(header.len(), String::new());
                row
            })
            .collect(),
    )
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_table_that_the_code_makes_is_right_and_one_wrong_cell_is_named() {
    let document = Document::ours();
    let readme = format!("# A page\n\n{}\nMore text.\n", table());
    assert_eq!(failures(&readme, &document), Vec::<String>::new());

    let changes = [
        ("| not found | 404, 410 |", "| not found | 405, 410 |", "not found"),
        ("| forbidden | 403 |", "| forbidden | 401 |", "resumeReportExecutions 403"),
        ("| throttled |", "| slowed down |", "throttled"),
        ("| MFA required | 401 to 403 | 900421,", "| MFA required | 401 to 403 | 900422,", "MFA required"),
        ("| kind | HTTP", "| what | HTTP", "no table"),
        ("get a new access token", "get another access token", "unauthenticated"),
    ];
    for (good, bad, place) in changes {
        let changed = readme.replacen(good, bad, 1);
        assert_ne!(changed, readme, "{good} is not in the table");
        let problems = failures(&changed, &document);
        assert!(problems.iter().any(|problem| problem.starts_with(place)), "{place}: {problems:?}");
    }
    let without: Vec<_> = readme.lines().filter(|line| !line.starts_with("| timeout")).collect();
    assert_eq!(failures(&without.join("\n"), &document), ["timeout: no row"]);
}

const README: &str = include_str!("../../README.md");

#[test]
fn the_table_of_the_readme_is_right() {
    assert_eq!(failures(README, &Document::ours()), Vec::<String>::new());
}

/// Every command line of the README's shell blocks that calls the program, without the program's name.
#[cfg(feature = "cli")]
fn command_lines(readme: &str) -> Vec<&str> {
    let blocks = readme.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let names = ["partner-insights ", "cargo run --features cli -- "];
    let lines = blocks.flat_map(str::lines);
    let calls = lines.filter_map(|line| names.iter().find_map(|name| line.trim().strip_prefix(name)));
    // The rest of a pipeline is somebody else's.
    calls.filter_map(|line| line.split([';', '|', '>', '&', '#']).next()).collect()
}

#[cfg(feature = "cli")]
#[test]
fn every_command_line_of_the_readme_is_understood_by_the_program() {
    let run = |line: &str| {
        let words = line.split_whitespace();
        let words = words.map(|word| word.trim_matches('\'')).filter(|word| *word != "--emulator");
        std::process::Command::new(env!("CARGO_BIN_EXE_partner-insights"))
            .arg("--emulator")
            .args(words)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    };
    let lines = command_lines(README);
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        // The emulator runs until it is stopped, and signing in needs somebody to do it. These are only read.
        let is_run = !line.starts_with("emulator") && !line.starts_with("auth");
        let output = if is_run { run(line) } else { run(&format!("{line} --help")) };
        assert_ne!(output.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for wrong in ["resume --all-pawsed", "auth login --tennant x --help", "auth chek --help"] {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong}");
    }
}
