//! IDs and tokens in the formats that common tools write.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;

use crate::{ALSO_PAUSED, LIST, PAUSED, RESUME, TOKEN, bare, cli, count, emulator, finish, run};

fn utf_16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn ids_from_powershell_are_read() {
    let emulator = emulator().start().await.unwrap();
    let mut command = cli(&emulator);
    let text =
        utf_16(&format!("\"ReportName\",\"ReportId\"\r\n\"a, b\",\"{PAUSED}\"\r\nc,{ALSO_PAUSED}\r\n"));
    command.args(["resume", "--ids-file", "-", "--yes", "-o", "ids"]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&text).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    emulator.assert_requests(RESUME, 2);
}

#[tokio::test]
async fn ids_in_an_ansi_file_are_read() {
    let emulator = emulator().start().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("ReportId;Name\r\n{PAUSED};f?r\r\n");
    let bytes: Vec<_> = text.bytes().map(|byte| if byte == b'?' { 0xfc } else { byte }).collect();
    std::fs::write(file.path(), bytes).unwrap();
    let finished = run(&emulator, &["resume", "--yes", "--ids-file", file.path().to_str().unwrap()]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn csv_without_ids_is_named_in_the_error() {
    let emulator = emulator().start().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "Name,Status\nSales,Paused\n").unwrap();
    let finished = run(&emulator, &["resume", "--yes", "--ids-file", file.path().to_str().unwrap()]).await;
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("line 1: looks like CSV"), "{}", finished.stderr);
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn quoted_id_is_an_argument() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["resume", &format!("'{PAUSED}'")]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn name_instead_of_an_id_points_to_the_flag() {
    let emulator = emulator().start().await.unwrap();
    for command in ["resume", "pause", "executions"] {
        let finished = run(&emulator, &[command, "Reseller performance"]).await;
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains("use --name"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn token_files_are_read_as_tools_write_them() {
    let emulator = emulator().start().await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    for bytes in [
        utf_16(&format!("{TOKEN}\r\n")),
        format!("\"{TOKEN}\"").into_bytes(),
        format!("Authorization: Bearer {TOKEN}").into_bytes(),
        format!("\u{200b}'bearer  {TOKEN}'\u{2060}\n").into_bytes(),
    ] {
        std::fs::write(file.path(), bytes).unwrap();
        let mut command = bare();
        command.env("PARTNER_CENTER_BASE_URL", emulator.base_url()).args(["list", "--token-file"]);
        let finished = finish(command.arg(file.path())).await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn invalid_token_is_not_sent() {
    let emulator = emulator().start().await.unwrap();
    for text in [
        "@{AccessToken=secret1}",
        "${secret1}",
        "null",
        "System.Security.SecureString",
        "{\"x\":\"secret1\"}",
        "\"accessToken\": \"secret1\",",
        "access_token=secret1;",
        "secret1 secret1",
        "[secret1]",
        "<secret1>",
        "secret1,",
        "$(az account get-access-token)",
        "%secret1%",
        "{{ secret1 }}",
        "@secret1.txt",
        "***",
        "secret1\u{2026}",
        "Microsoft.Azure.Commands.Profile.Models.PSAccessToken",
        "System.Object[]",
        "None",
        "nil",
    ] {
        let mut command = cli(&emulator);
        let finished = finish(command.arg("list").env("PARTNER_CENTER_ACCESS_TOKEN", text)).await;
        assert_eq!(finished.code, Some(4), "{text}: {}", finished.stderr);
        assert!(
            finished.stderr.contains("PARTNER_CENTER_ACCESS_TOKEN holds no access token"),
            "{}",
            finished.stderr
        );
        assert!(!finished.stderr.contains("secret1"), "{}", finished.stderr);
    }
    assert_eq!(count(&emulator, LIST), 0);
}

#[tokio::test]
async fn emulator_reads_reports_in_utf_16() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), utf_16("[]")).unwrap();
    let mut child = bare().args(["emulator", "--reports"]).arg(file.path()).spawn().unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(child.stderr.take().unwrap()));
    let line = lines.next_line().await.unwrap().unwrap();
    assert!(line.starts_with("Listening on "), "{line}");
}

#[tokio::test]
async fn name_comparison_ignores_invisible_differences() {
    let reports = serde_json::json!([
        {"reportId": PAUSED, "reportName": " Caf\u{e9}\u{a0}sales ", "reportStatus": "Paused",
         "modifiedTime": "/Date(1794816000000)/"}
    ]);
    let emulator = emulator().reports_json(&reports.to_string()).unwrap().start().await.unwrap();
    for name in [
        "cafe\u{301} sales",
        "Caf\u{e9}\u{a0}*",
        " CAF\u{c9} sales ",
        "\u{feff}Caf\u{e9}\u{200b} sa\u{ad}les",
    ] {
        let finished = run(&emulator, &["list", "--name", name]).await;
        assert!(finished.stdout.contains("2026-11-16"), "{name:?}: {finished:?}");
    }
}

#[tokio::test]
async fn executions_of_several_reports_are_listed() {
    let emulator = emulator().start().await.unwrap();
    let listed = run(&emulator, &["list", "-o", "ids"]).await.stdout;
    let mut args = vec!["executions", "-o", "json"];
    args.extend(listed.lines());
    let by_id = run(&emulator, &args).await;
    let by_name = run(&emulator, &["executions", "--name", "*", "-o", "json"]).await;
    assert_eq!((by_id.code, &by_id.stdout), (Some(0), &by_name.stdout), "{}", by_id.stderr);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&by_id.stdout).unwrap();
    assert!(rows.len() > 1, "{rows:?}");
    assert!(rows.iter().all(|row| row.get("reportAccessSecureLink").is_none()));
    assert!(rows.iter().any(|row| row["linkHidden"] == true));
    let none = run(&emulator, &["executions", "--name", "Slaes*"]).await;
    assert_eq!(none.code, Some(3), "{}", none.stderr);
}

#[tokio::test]
async fn direction_controls_are_not_printed() {
    let body = "{\"value\":[],\"statusCode\":400,\"message\":\"a\u{202e}b\u{2066}c\u{61c}d\"}";
    let fault = partner_center_insights::emulator::Fault::respond(400, "application/json", body);
    let emulator = emulator().fault(fault.on(LIST)).start().await.unwrap();
    let finished = run(&emulator, &["list"]).await;
    assert!(finished.stderr.contains("a b c d"), "{:?}", finished.stderr);
}
