//! Terminals of different widths.

use partner_center_insights::Report;
use partner_center_insights::emulator::{Emulator, EmulatorBuilder};
use unicode_width::UnicodeWidthStr;

use crate::golden::golden;
use crate::terminal::Terminal;
use crate::{PAUSED, TOKEN, emulator, id};

async fn screen(builder: EmulatorBuilder, columns: u16, args: &[&str]) -> String {
    let emulator = builder.start().await.unwrap();
    let (_, text) = Terminal::of_width(columns, &emulator, args, &[("NO_COLOR", "1")]).finish().await;
    text.replace("\r\n", "\n")
}

/// Replaces current times with placeholders of the same width.
fn without_times(text: &str) -> String {
    let shape = |word: &str| word.replace(|c: char| c.is_ascii_digit(), "9");
    let mask = |word: &str| match shape(word.trim()).as_str() {
        "9999-99-99T99:99:99Z" => shape(word),
        _ => word.to_owned(),
    };
    text.split_inclusive([' ', '\n']).map(mask).collect()
}

#[tokio::test]
async fn sample_at_60_80_and_120_columns() {
    let commands: [&[&str]; 5] = [
        &["list"],
        &["show", PAUSED],
        &["resume", "--name", "*", "--dry-run"],
        &["health"],
        &["conformance"],
    ];
    let mut text = String::new();
    for columns in [60, 80, 120] {
        for args in commands {
            // With the real clock, which the CLI uses too, unless the result depends on the age of the sample.
            let builder = match *args {
                ["conformance"] => emulator(),
                _ => Emulator::builder().token(TOKEN),
            };
            let screen = without_times(&screen(builder, columns, args).await);
            text += &format!("$ partner-insights {} ({columns} columns)\n{screen}\n", args.join(" "));
            let widest = screen.lines().map(UnicodeWidthStr::width).max();
            assert!(widest <= Some(columns.into()), "{columns} {args:?}: {screen}");
        }
    }
    golden("widths.txt", text);
}

#[tokio::test]
async fn wide_and_long_names_keep_the_columns() {
    let names = [
        "売上レポート・顧客別・月次",
        "Cafe\u{301}s of the month",
        "📈 Sales 📈 by region",
        "Sales_by_customer_and_month",
    ];
    let report = |(number, name): (usize, &&str)| {
        Report::new(id(number as u128)).with_name(*name).with_status("Paused".into())
    };
    let reports: Vec<_> = names.iter().enumerate().map(report).collect();
    for columns in 56..=80 {
        let text =
            screen(emulator().reports(reports.clone()), columns, &["resume", "--all-paused", "--dry-run"])
                .await;
        let rows: Vec<_> = text.lines().filter(|line| line.contains("would-resume")).collect();
        assert_eq!(rows.len(), names.len(), "{text}");
        for row in rows {
            assert!(row.width() <= usize::from(columns), "{columns}: {text}");
        }
    }
    let text = screen(emulator().reports(reports), 76, &["list"]).await;
    golden("wide.txt", format!("$ partner-insights list (76 columns)\n{text}"));
}
