//! The query language: valid texts, mistakes with their positions, and columns that a dataset lacks.

use partner_center_insights::Dataset;
use partner_center_insights::query::Query;
use proptest::prelude::*;

const VALID: [&str; 8] = [
    "SELECT MPNId,PartnerName FROM Profile",
    "select distinct CustomerTenantId from OfficeUsage timespan last_month",
    "SELECT CustomerTenantId, PaidAvailableUnits FROM OfficeUsage ORDER BY PaidAvailableUnits LIMIT 10",
    "SELECT UsageDate, NormalizedUsage FROM ISVUsage WHERE SKUBillingType = 'Paid' AND OfferType NOT IN \
     ('SaaS','Azure Applications') ORDER BY UsageDate DESC TIMESPAN LAST_6_MONTHS",
    "\r\n SELECT a\r\n FROM\tb \r\n",
    "SELECT a FROM b WHERE c>=-1.5 AND d IN(1,2)",
    "SELECT a FROM b WHERE c not like '%x-/. %'",
    "SELECT a FROM b ORDER BY a asc, c",
];

/// Invalid texts, the position of the mistake, and a part of the message.
const INVALID: [(&str, usize, &str); 20] = [
    ("", 0, "expected SELECT, found the end"),
    ("SELEC a FROM b", 0, "expected SELECT"),
    ("SELECT FROM b", 7, "the name of a column"),
    ("SELECT a, FROM b", 10, "the name of a column"),
    ("SELECT a b FROM c", 9, "a comma or FROM"),
    ("SELECT a", 8, "a comma or FROM, found the end"),
    ("SELECT a FROM", 13, "the name of a dataset"),
    ("SELECT a FROM b WHERE", 21, "a condition"),
    ("SELECT a FROM b WHERE a=1 OR b=2", 26, "OR does not exist"),
    ("SELECT a FROM b WHERE a=1 AND", 29, "a condition"),
    ("SELECT a FROM b WHERE a 1", 24, "an operator"),
    ("SELECT a FROM b WHERE a = ‘x’", 26, "single quotes"),
    ("SELECT a FROM b WHERE a = 'x", 28, "single quotes"),
    ("SELECT a FROM b WHERE a IN 'x'", 27, "values in parentheses"),
    ("SELECT a FROM b WHERE a IN ('x', 1)", 31, "values of one type"),
    ("SELECT a FROM b ORDER a", 22, "BY after ORDER"),
    ("SELECT a FROM b LIMIT 0", 22, "above zero"),
    ("SELECT a FROM b TIMESPAN", 24, "a time span"),
    ("SELECT a FROM b TIMESPAN LIFETIME LIMIT 1", 34, "LIMIT is misplaced"),
    ("SELECT a FROM b GROUP BY a", 16, "GROUP BY does not exist"),
];

#[test]
fn valid_text_is_parsed() {
    for text in VALID {
        Query::parse(text).unwrap_or_else(|error| panic!("{error}\n{}", error.caret()));
    }
}

#[test]
fn clauses_can_be_read() {
    let query = Query::parse(VALID[3]).unwrap();
    assert_eq!(query.table(), "ISVUsage");
    assert_eq!(query.columns(), ["UsageDate", "NormalizedUsage"]);
    assert_eq!((query.limit(), query.timespan()), (None, Some("LAST_6_MONTHS")));
    assert_eq!(Query::parse(VALID[2]).unwrap().limit(), Some(10));
}

#[test]
fn mistake_has_a_position_and_a_reason() {
    for (text, position, message) in INVALID {
        let error = Query::parse(text).expect_err(text);
        assert_eq!(error.position(), position, "{error}");
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[test]
fn caret_is_under_the_mistake() {
    let error = Query::parse("SELECT a\nFROM b\tWHERE a=1 OR b=2\nLIMIT 1").unwrap_err();
    assert_eq!(error.line_and_column(), (2, 18));
    assert_eq!(error.caret(), "FROM b WHERE a=1 OR b=2\n                 ^");
    let long = format!("SELECT {} ! FROM b", ["Column"; 30].join(", "));
    let view = Query::parse(&long).unwrap_err().caret();
    let (excerpt, caret) = view.split_once('\n').unwrap();
    assert_eq!(excerpt.chars().nth(caret.len() - 1), Some('!'), "{view}");
    assert!(excerpt.len() <= 72, "{view}");
}

fn dataset() -> Dataset {
    serde_json::from_value(serde_json::json!({
        "datasetName": "Profile",
        "selectableColumns": ["MPNId", "PartnerName", "PGAMpnId", "City"],
        "availableMetrics": ["MpnIdCount", "RevenueGenerated(USD)"],
        "availableDateRanges": ["LIFETIME"],
    }))
    .unwrap()
}

#[test]
fn check_reports_what_the_dataset_lacks() {
    let rows: [(&str, &[&str]); 9] = [
        ("SELECT mpnid, MpnIdCount FROM profile WHERE CITY = 'x' TIMESPAN lifetime", &[]),
        ("SELECT City FROM Profile", &[]),
        ("SELECT a FROM Nowhere", &["unknown dataset \"Nowhere\"; checked against Profile"]),
        ("SELECT * FROM Profile", &["SELECT * is rejected; name the columns"]),
        ("SELECT PGA_MPNId FROM Profile", &["unknown column \"PGA_MPNId\"; the nearest is PGAMpnId"]),
        ("SELECT City FROM Profile WHERE Nope = 1 ORDER BY Nope", &["unknown column \"Nope\""]),
        // Another short name is not similar.
        ("SELECT Cat FROM Profile", &["unknown column \"Cat\""]),
        (
            "SELECT RevenueGenerated(USD) FROM Profile",
            &["metric \"RevenueGenerated(USD)\" cannot be used: names with parentheses are rejected"],
        ),
        (
            "SELECT City FROM Profile TIMESPAN LAST_1_YEAR",
            &["unknown time span \"LAST_1_YEAR\"; expected LIFETIME"],
        ),
    ];
    for (text, expected) in rows {
        let findings = Query::parse(text).unwrap().check(&dataset());
        let messages: Vec<_> = findings.iter().map(|finding| finding.to_string()).collect();
        assert_eq!(messages, expected, "{text}");
    }
}

/// Datasets, columns that documented system queries use but live datasets have been observed to lack, and some columns
/// that the live datasets have.
const DRIFT: [(&str, &[&str], &[&str]); 9] = [
    (
        "AzureUsage",
        &["ServiceName", "MeterCategory", "PartnerLocationID", "TotalACR"],
        &["SubscriptionCount", "ACR_USD"],
    ),
    (
        "SeatsSubscriptionsAndRevenue",
        &["PartnerLocationID", "PricingLevel", "TotalSoldSeats"],
        &["CustomerName"],
    ),
    (
        "CustomersAndTenants",
        &["ProductPartNumber", "PartnerLocationID"],
        &["CustomerName", "BilledRevenueUSD"],
    ),
    ("Profile", &["PGA_MPNId"], &["PGAMpnId", "PGA_PartnerName"]),
    ("MSLearn", &["CustomerMarket"], &["UserName", "Country"]),
    ("OfficeUsage", &["PartnerLocationID"], &["PartnerLocation", "CustomerMarket"]),
    ("DynamicsUsage", &["PartnerLocationID"], &["CustomerName"]),
    ("PowerBIUsage", &["PartnerLocationID"], &["CustomerName"]),
    ("EMSUsage", &["PartnerLocationID"], &["CustomerName"]),
];

#[test]
fn columns_missing_from_datasets_are_found() {
    for (table, lost, kept) in DRIFT {
        let mut dataset = Dataset::new(table);
        dataset.selectable_columns = Some(kept.iter().map(|name| (*name).to_owned()).collect());
        let text = format!("SELECT {} FROM {table}", [kept, lost].concat().join(", "));
        let findings = Query::parse(&text).unwrap().check(&dataset);
        let messages: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(messages.len(), lost.len(), "{table}: {messages:?}");
        for (message, name) in messages.iter().zip(lost) {
            assert!(message.starts_with(&format!("unknown column {name:?}")), "{table}: {message}");
        }
    }
}

#[test]
fn check_without_columns_reports_none() {
    let findings = Query::parse("SELECT a FROM b TIMESPAN c").unwrap().check(&Dataset::new("b"));
    assert_eq!(findings, []);
}

/// Pieces of queries, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "SELECT", "distinct", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "LIMIT",
            "TIMESPAN", "a", "b(c)", "*", ",", "=", ">=", "(", ")", "'x'", "'", "1", "-2.5", "\n", "ä",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.join(" "))
}

fn query() -> impl Strategy<Value = String> {
    let name = "[a-z]{1,3}_[A-Z0-9]{0,3}";
    let value = || prop_oneof!["-?[0-9]{1,3}(\\.[0-9]{1,2})?", "'[^']{0,6}'"];
    let operator = prop::sample::select(vec!["=", ">", "<", ">=", "<=", "!=", "LIKE", "not like"]);
    let texts = prop::collection::vec("'[^']{0,6}'", 1..4).prop_map(|texts| texts.join(","));
    let filter = prop_oneof![
        (name, operator, value()).prop_map(|(name, operator, value)| format!("{name} {operator} {value}")),
        (name, texts).prop_map(|(name, texts)| format!("{name} NOT IN ({texts})")),
    ];
    let filters = prop::collection::vec(filter, 0..3).prop_map(|filters| filters.join(" AND "));
    let order = prop::option::of((name, prop::sample::select(vec!["", "ASC", "desc"])));
    let columns = prop::collection::vec(name, 1..4);
    (columns, name, filters, order, prop::option::of(1..u64::MAX), prop::option::of(name)).prop_map(
        |(columns, table, filters, order, limit, span)| {
            let mut text = format!("select {} from {table}", columns.join(","));
            if !filters.is_empty() {
                text += &format!(" where {filters}");
            }
            text +=
                &order.map(|(name, direction)| format!(" order by {name} {direction}")).unwrap_or_default();
            text += &limit.map(|limit| format!(" limit {limit}")).unwrap_or_default();
            text + &span.map(|word| format!(" timespan {word}")).unwrap_or_default()
        },
    )
}

proptest! {
    #[test]
    fn parsing_never_panics(text in prop_oneof![pieces(), any::<String>()]) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(text.is_char_boundary(error.position()));
            prop_assert_eq!(error.caret().lines().count(), 2);
        }
    }

    #[test]
    fn generated_query_is_parsed(text in query()) {
        let query = Query::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        let columns: Vec<_> = query.columns().iter().map(String::as_str).collect();
        prop_assert_eq!(text.split_once(" from ").map(|(select, _)| select), Some(&*format!("select {}", columns.join(","))));
    }
}
