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

/// Parses one ID, as it was copied: in quotes, or with characters that nobody sees.
pub fn report_id(text: &str) -> Result<ReportId, InvalidReportId> {
    let text: String = text.chars().filter(|c| c.is_whitespace() || !is_blank(*c)).collect();
    unquoted(&text).parse()
}

/// The column that holds the IDs, if a CSV header named it.
struct Column {
    index: usize,
    separator: char,
}

fn parse(text: &str) -> Result<Vec<ReportId>, String> {
    let (mut ids, mut column, mut rest) = (Vec::new(), None, text);
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

/// Adds the IDs of a row, of a list, or of an envelope around a list.
fn ids_of_json(value: Value, line: usize, ids: &mut Vec<ReportId>) -> Result<(), String> {
    let rows = match value {
        Value::Array(rows) => rows,
        // The last line of what `resume --output jsonl` prints.
        value if field(&value, "summary").is_some() && field(&value, "reports").is_none() => return Ok(()),
        value => {
            let list = field(&value, "value").or_else(|| field(&value, "reports")).and_then(Value::as_array);
            let Some(rows) = list else {
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
    match field(row, "reportId").unwrap_or(row) {
        Value::String(id) => report_id(id).map_err(|error| error.to_string()),
        _ => Err("missing reportId".to_owned()),
    }
}

/// A field in any letter case.
fn field<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    row.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Adds the IDs of a line: one, several, or the cell of a CSV row.
fn ids_of_line(line: &str, column: &mut Option<Column>, ids: &mut Vec<ReportId>) -> Result<(), String> {
    if line.starts_with('#') || line.starts_with("sep=") {
        return Ok(());
    }
    if let Some(Column { index, separator }) = column {
        let cells = cells(line, *separator);
        let cell = cells.get(*index).ok_or("the column with the report id is missing")?;
        ids.push(report_id(cell).map_err(|error| error.to_string())?);
        return Ok(());
    }
    let line = line.split('#').next().unwrap_or_default().trim_matches(is_blank);
    let line = line.trim_start_matches(['-', '*', '\u{2022}', ' ']);
    let separator = [',', ';', '\t', ' '].into_iter().find(|c| line.contains(*c)).unwrap_or(',');
    let row = cells(line, separator);
    if ids.is_empty() {
        let is_name = |cell: &String| unquoted(cell).replace(['_', ' '], "").eq_ignore_ascii_case("reportid");
        if let Some(index) = row.iter().position(is_name) {
            *column = Some(Column { index, separator });
            return Ok(());
        }
    }
    let all: Result<Vec<_>, _> =
        row.iter().filter(|cell| !unquoted(cell).is_empty()).map(|cell| report_id(cell)).collect();
    let first = row.first().map(|cell| report_id(cell));
    match (all, first) {
        (Ok(all), _) => ids.extend(all),
        // Other cells are what a person wants to know about the report.
        (Err(_), Some(Ok(id))) if separator != ' ' => ids.push(id),
        (Err(_), Some(Err(_))) if separator != ' ' && row.len() > 1 => {
            return Err(
                "looks like CSV, but no column is named ReportId and the first one holds no report id"
                    .to_owned(),
            );
        }
        (Err(_), _) => return Err(report_id(line).map_or_else(|error| error.to_string(), |_| String::new())),
    }
    Ok(())
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
    fn ids_are_read_as_people_have_them() {
        for text in [
            format!("\"{ONE}\",\n'{TWO}';\n"),
            format!("{ONE}, {TWO}"),
            format!("{ONE} {TWO}"),
            format!("- {ONE}\n- {TWO}\n"),
            format!("{ONE}  # Sales daily\r\n\t{TWO}\t\r\n"),
            format!("\u{feff}{ONE}\u{200b}\n\u{200b}{TWO}\u{a0}\n"),
            format!("{{{ONE}}}\nurn:uuid:{TWO}"),
            format!("{ONE}\tSales daily\n{TWO}\tUsage"),
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
            (format!("{ONE} Sales"), ", line 1: invalid report id"),
            (format!("{ONE}\n{{\"reportId\":"), ", line 2: invalid JSON"),
            ("{\"value\":[{\"reportId\":null}]}".to_owned(), ", report 1: missing reportId"),
        ] {
            let said = parse(&text).err().unwrap_or_default();
            assert!(said.starts_with(problem), "{text}: {said}");
        }
    }
}
