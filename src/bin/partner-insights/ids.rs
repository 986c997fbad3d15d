//! Report IDs in files: as text, CSV or JSON.

use std::path::Path;

use partner_center_insights::{InvalidReportId, ReportId};
use serde_json::Value;

use crate::exit::Failure;
use crate::input::{self, is_blank, unquoted};

/// Reads report IDs: lines, CSV, or JSON of this tool or of the service. Ignores empty lines and comments (#).
pub async fn read(file: &Path) -> Result<Vec<ReportId>, Failure> {
    let invalid = |problem: String| Failure::usage(format!("{}{problem}", input::name(file)));
    let text = input::read_file(file).await.map_err(|error| invalid(format!(": {error}")))?;
    parse(&text).map_err(invalid)
}

/// Parses one ID. Copied text may have quotes or invisible characters, and a spreadsheet may export it as a formula,
/// `="…"`; both are ignored.
pub fn report_id(text: &str) -> Result<ReportId, InvalidReportId> {
    let text: String = text.chars().filter(|c| c.is_whitespace() || !is_blank(*c)).collect();
    let text = unquoted(&text);
    text.strip_prefix('=').map_or(text, |formula| formula.trim_matches('"')).parse()
}

/// Returns the ID inside a longer text, such as a URL or a sentence.
pub fn contained(text: &str) -> Option<ReportId> {
    text.char_indices().find_map(|(at, _)| text.get(at..at + 36)?.parse().ok())
}

/// The column that holds the IDs, if a CSV header named it.
struct Column {
    index: usize,
    separator: char,
}

fn parse(text: &str) -> Result<Vec<ReportId>, String> {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let (text, mut ids, mut column, mut rest) = (&*text, Vec::new(), None, &*text);
    loop {
        rest = rest.trim_start_matches(|c| is_blank(c) || matches!(c, ',' | ';'));
        if rest.is_empty() {
            return Ok(ids);
        }
        let number = 1 + text[..text.len() - rest.len()].matches('\n').count();
        let line = rest.lines().next().unwrap_or_default();
        if rest.starts_with(['[', '{']) && report_id(line.trim_end_matches([',', ';', ' '])).is_err() {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter();
            match values.next() {
                Some(Ok(value)) => ids_of_json(value, number, &mut ids)?,
                Some(Err(error)) if rest.starts_with('[') => {
                    return Err(format!(": invalid JSON list: {error}"));
                }
                error => {
                    let error = error.and_then(Result::err).map(|error| error.to_string());
                    return Err(format!(", line {number}: invalid JSON: {}", error.unwrap_or_default()));
                }
            }
            rest = &rest[values.byte_offset()..];
        } else {
            ids_of_line(line, &mut column, &mut ids)
                .map_err(|problem| format!(", line {number}: {problem}"))?;
            rest = &rest[line.len()..];
        }
    }
}

/// Adds the IDs of a row, of a list, or of an object that contains a list.
fn ids_of_json(value: Value, line: usize, ids: &mut Vec<ReportId>) -> Result<(), String> {
    const LISTS: [&str; 6] = ["value", "reports", "reportIds", "ids", "data", "items"];
    let rows = match value {
        Value::Array(rows) => rows,
        // The summary, which is the last line of `resume --output jsonl`.
        value if field(&value, "summary").is_some() && field(&value, "reports").is_none() => return Ok(()),
        value => {
            let rows = LISTS.iter().find_map(|name| field(&value, name)?.as_array());
            let Some(rows) = rows else {
                ids.push(id_of_row(&value).map_err(|problem| format!(", line {line}: {problem}"))?);
                return Ok(());
            };
            rows.clone()
        }
    };
    for (row, number) in rows.iter().zip(1..) {
        ids.push(id_of_row(row).map_err(|problem| format!(", report {number}: {problem}"))?);
    }
    Ok(())
}

fn id_of_row(row: &Value) -> Result<ReportId, String> {
    let cell = row.as_array().and_then(|cells| cells.first());
    match field(row, "reportId").or(cell).unwrap_or(row) {
        Value::String(id) => report_id(id).map_err(|error| error.to_string()),
        _ => Err("missing reportId".to_owned()),
    }
}

/// Returns a field, ignoring letter case.
fn field<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    row.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Adds the IDs of a line: a single one, several, or the one in a CSV row.
fn ids_of_line(line: &str, column: &mut Option<Column>, ids: &mut Vec<ReportId>) -> Result<(), String> {
    let is_rule = line.chars().all(|c| matches!(c, '-' | '=' | '+' | '|' | ':' | ' '));
    if line.starts_with(['#', '\u{feff}']) || line.starts_with("//") || line.starts_with("sep=") || is_rule {
        return Ok(());
    }
    if let Some(Column { index, separator }) = column {
        let cells = cells(line, *separator);
        let cell = cells.get(*index).ok_or("the column with the report ID is missing")?;
        ids.push(report_id(cell).map_err(|error| error.to_string())?);
        return Ok(());
    }
    let line = line.split('#').next().unwrap_or_default().trim_matches(is_blank);
    let separator = [',', ';', '\t', '|', ' '].into_iter().find(|c| line.contains(*c)).unwrap_or(',');
    if ids.is_empty() {
        let row = cells(line, separator);
        let named = |wanted: &str| {
            let plain = |cell: &String| unquoted(cell).replace(['_', ' '], "");
            row.iter().position(|cell| plain(cell).eq_ignore_ascii_case(wanted))
        };
        // A column `Id` may refer to anything; only the first column identifies the row.
        let is_first = |index: &usize| row[..*index].iter().all(|cell| cell.trim().is_empty());
        let index = named("reportid").or_else(|| named("id").or_else(|| named("report")).filter(is_first));
        // Columns aligned by spaces cannot be split reliably, except for the first one.
        if let Some(index) = index.filter(|index| *index == 0 || separator != ' ') {
            *column = Some(Column { index, separator });
            return Ok(());
        }
    }
    let line = undecorated(line);
    let row = cells(line, separator);
    let all: Result<Vec<_>, _> =
        row.iter().filter(|cell| !unquoted(cell).is_empty()).map(|cell| report_id(cell)).collect();
    let first = row.first().map(|cell| report_id(cell));
    let has_more = row.iter().skip(1).any(|cell| report_id(cell).is_ok());
    match (all, first) {
        (Ok(all), _) => ids.extend(all),
        // The other cells describe the report. Words between several IDs are ambiguous.
        (Err(_), Some(Ok(id))) if separator != ' ' || !has_more => ids.push(id),
        (Err(_), Some(Err(_))) if separator != ' ' && row.len() > 1 => {
            return Err(
                "looks like CSV, but no column is named ReportId and the first one contains no report ID"
                    .to_owned(),
            );
        }
        (Err(_), _) => return Err(report_id(line).map_or_else(|error| error.to_string(), |_| String::new())),
    }
    Ok(())
}

/// Removes bullets, numbers, labels and URLs before an ID, and brackets around it.
fn undecorated(line: &str) -> &str {
    let mut rest = line;
    loop {
        let before = rest;
        rest = rest.trim_start_matches(|c| {
            is_blank(c) || matches!(c, '-' | '*' | '\u{2022}' | '|' | '(' | '<' | '>')
        });
        for mark in ["[ ]", "[x]", "[X]"] {
            rest = rest.strip_prefix(mark).unwrap_or(rest);
        }
        // `1.` and `ReportId =`
        let end = rest.find(['.', ')', ':', '=']).unwrap_or_default();
        let word = rest[..end].replace(['_', ' '], "");
        let is_number = !word.is_empty() && word.len() < 5 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || word.eq_ignore_ascii_case("reportid") {
            rest = &rest[end + 1..];
        }
        if let Some(at) = rest.find("/ScheduledReport/").filter(|_| rest.starts_with("http")) {
            let path = rest[at..].split(['?', '#']).next().unwrap_or_default();
            rest = path.rsplit('/').find(|segment| report_id(segment).is_ok()).unwrap_or(rest);
        }
        if rest == before {
            return rest.trim_end_matches([')', '>', '|', ' ']);
        }
    }
}

/// Splits a line of CSV; a separator within double quotes belongs to the cell.
fn cells(line: &str, separator: char) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        quoted ^= c == '"';
        match cells.last_mut() {
            Some(cell) if quoted || c != separator => cell.push(c),
            _ => cells.push(String::new()),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "6513270e-269e-4d37-b2a7-4de452e6b438";
    const TWO: &str = "6b0d549b-6f03-475a-9600-a35a099950d8";

    #[test]
    fn id_inside_a_text_is_found() {
        for text in
            [format!("\"{ONE}\","), format!("see https://x/ScheduledReport/{ONE}?a"), format!("é{ONE}.")]
        {
            assert_eq!(contained(&text), ONE.parse().ok(), "{text}");
        }
        assert_eq!(contained("Sales, daily: the report of the first team"), None);
    }

    #[test]
    fn ids_are_read_from_common_formats() {
        for text in [
            format!("\"{ONE}\",\n'{TWO}';\n"),
            format!("{ONE}, {TWO}"),
            format!("{ONE} {TWO}"),
            format!("- {ONE}\n- {TWO}\n"),
            format!("{ONE}  # Sales daily\r\n\t{TWO}\t\r\n"),
            format!("\u{feff}{ONE}\u{200b}\n\u{200b}{TWO}\u{a0}\n"),
            format!("{{{ONE}}}\nurn:uuid:{TWO}"),
            format!("{ONE}\tSales daily\n{TWO}\tUsage"),
            format!("1. {ONE}\n2) {TWO}"),
            format!("- [ ] {ONE}\n- [x] {TWO}"),
            format!("({ONE})\r<{TWO}>\r"),
            format!("reportId={ONE}\u{2028}Report ID : {TWO}\u{85}"),
            format!("- reportId: {ONE}\n- reportId: {TWO}"),
            format!(
                "https://x/insights/v1/mpn/ScheduledReport/resume/{ONE}\nhttps://x/ScheduledReport/{TWO}?a"
            ),
            format!("// two\n{ONE} // the first\n{TWO}"),
            format!("{ONE}|{TWO}"),
            format!("Name|ReportId\na|{ONE}\nb|{TWO}"),
            format!("ReportId,Name\n=\"{ONE}\",a\n\"=\"\"{TWO}\"\"\",b"),
            format!("=\"{ONE}\"\n=\"{TWO}\""),
            format!("Id,Name\n{ONE},a\n{TWO},b"),
            format!("| Id | Name |\n|---|:--|\n| {ONE} | Sales |\n| {TWO} | Usage |\n"),
            format!(
                "REPORT                                STATUS  NAME\n{ONE}  Paused  Sales daily\n{TWO}  Active\n"
            ),
            format!(
                "\r\nReportId   ReportName\r\n--------   ----------\r\n{ONE} Sales daily\r\n{TWO} Usage\r\n"
            ),
            format!("{}\u{ad}{}\n{TWO}", &ONE[..5], &ONE[5..]),
            format!("{{\"reportIds\": [\"{ONE}\", \"{TWO}\"]}}"),
            format!("{{\"data\": [{{\"reportId\": \"{ONE}\"}}, {{\"reportId\": \"{TWO}\", \"id\": 1}}]}}"),
            format!("[[\"{ONE}\", \"a\"], [\"{TWO}\", \"b\"]]"),
            format!("{ONE},\"Sales, daily\",Paused\n{TWO},Usage,Paused\n"),
            format!("\"Name\";\"ReportId\"\n\"Sales; daily\";\"{ONE}\"\nUsage;{TWO}\n"),
            format!("#TYPE Selected\n\"ReportId\",\"QueryId\"\n\"{ONE}\",\"{TWO}\"\n\"{TWO}\",\"{ONE}\""),
            format!("{{\n  \"reportId\": \"{ONE}\"\n}}\n{{\n  \"reportId\": \"{TWO}\"\n}}\n"),
            format!("[\n  {{\"ReportId\": \"{ONE}\"}},\n \"{TWO}\"]"),
            format!(
                "{{\"Value\": [{{\"ReportId\": \"{ONE}\"}}, {{\"ReportId\": \"{TWO}\"}}], \"TotalCount\": 2}}"
            ),
            format!("{{\"reportId\":\"{ONE}\"}},\n# more\n{TWO}"),
        ] {
            let expected = [ONE, TWO].map(|id| id.parse().ok()).into_iter().flatten().collect();
            assert_eq!(parse(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn text_without_ids_is_refused() {
        for (text, problem) in [
            (format!("Name,Status\nSales,{ONE}"), ", line 1: looks like CSV"),
            (format!("ReportId,Name\n{ONE},a\nsales,b"), ", line 3: invalid report id"),
            (format!("{ONE} and {TWO}"), ", line 1: invalid report id"),
            (format!("Name,Id\na,{ONE}"), ", line 1: looks like CSV"),
            (format!("Sales {ONE}"), ", line 1: invalid report id"),
            (format!("{ONE}\n{{\"reportId\":"), ", line 2: invalid JSON"),
            ("{\"value\":[{\"reportId\":null}]}".to_owned(), ", report 1: missing reportId"),
        ] {
            let error = parse(&text).err().unwrap_or_default();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
