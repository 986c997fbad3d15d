//! Evidence contains no value of the tenant, wherever it was.

use partner_center_insights::conformance::{
    self, EvidenceSource, Exchange, Received, SentRequest, assumptions, check,
};
use partner_center_insights::spec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that documented bodies have.
const NAMES: [&str; 14] = [
    "value",
    "Value",
    "totalCount",
    "TotalCount",
    "statusCode",
    "message",
    "nextLink",
    "reportId",
    "reportName",
    "ReportName",
    "query",
    "reportStatus",
    "startTime",
    "error",
];

/// Addresses, ids, queries, tokens, names and numbers, as a tenant has them.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{3,10}@[a-z]{3,10}\\.example",
        any::<u128>().prop_map(|number| uuid::Uuid::from_u128(number).to_string()),
        "https://[a-z]{5,9}\\.example/[a-z]{3,9}\\?sig=[A-Za-z0-9]{12}",
        "SELECT [A-Z][a-z]{4,8} FROM [A-Z][a-z]{4,8}",
        "eyJ[A-Za-z0-9]{10}\\.[A-Za-z0-9]{10}\\.[A-Za-z0-9]{5}",
        "[A-Z][a-zäß]{4,8} [A-Z][a-z]{4,8} GmbH",
        "[1-9][0-9]{8}",
    ]
}

/// The name of a tenant, which could be the name of a field.
fn word() -> impl Strategy<Value = String> {
    "[A-Z][a-z]{9,14}"
}

/// A body of any shape that has the secret and the number as values, and the secret and the word as names.
fn body(secret: String, word: String, number: u64) -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(json!(secret)), Just(json!(number)), Just(json!([secret])), Just(Value::Null)];
    let name = prop_oneof![
        4 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => Just(secret),
        1 => Just(word),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = proptest::collection::vec((name.clone(), inner.clone()), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..3).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An exchange that is full of the secret.
fn exchange(secret: &str, status: u16, body: Vec<u8>, operation: usize) -> Exchange {
    let operation = &spec::OPERATIONS[operation % spec::OPERATIONS.len()];
    let header = |name: &str| (name.to_owned(), secret.to_owned());
    let names =
        ["content-type", "retry-after", "x-ratelimit-limit", "ms-correlationid", "set-cookie", secret];
    let path = format!("/insights/v1/mpn{}", operation.path.replace("{reportId}", secret));
    let mut exchange = Exchange::new(operation);
    exchange.sent = Some(SentRequest {
        method: operation.method.to_owned(),
        target: format!("{path}?reportId={secret}&queryName={secret}&{secret}={secret}"),
        headers: [("authorization".to_owned(), format!("Bearer {secret}"))]
            .into_iter()
            .chain(names.map(header))
            .collect(),
        body: body.clone(),
    });
    exchange.response =
        Some(Received { status, headers: names.map(header).to_vec(), body, ..Received::default() });
    exchange
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_of_the_tenant_survives(
        (secret, word, number, body) in
            (secret(), word(), 1_000_000_u64..).prop_flat_map(|(secret, word, number)| {
                (Just(secret.clone()), Just(word.clone()), Just(number), body(secret, word, number))
            }),
        form in 0..3,
        status in proptest::sample::select(&[200_u16, 400, 403, 404, 429, 500, 409][..]),
        operation in 0..100_usize,
    ) {
        let body = match form {
            0 => body.to_string(),
            1 => json!({ "value": [body], word.as_str(): number, "totalCount": number, "statusCode": number, "message": secret }).to_string(),
            _ => format!("<html><title>{secret}</title><p>{body}"),
        };
        let exchanges = [exchange(&secret, status, body.into_bytes(), operation)];
        let evidence = conformance::evidence(EvidenceSource::Other, &exchanges);
        prop_assert!(!evidence.contains(&secret) && !evidence.contains(&word), "{evidence}");
        prop_assert!(!evidence.contains(&number.to_string()), "{evidence}");
        let comparisons = format!("{exchanges:?} {:?} {:?}", check(&exchanges[0]), assumptions(&exchanges));
        prop_assert!(!comparisons.contains(&secret), "{comparisons}");
    }
}

#[test]
fn unknown_names_are_numbered_in_evidence() {
    let body = json!({ "value": [
        { "reportId": "a", "Contoso": 1, "tier": "gold" },
        { "REPORTID": "b", "Contoso": 2, "nested": { "code": 1, "Fabrikam": 2 } },
    ], "@odata.nextLink": "https://contoso.example" });
    let mut exchange = Exchange::new(&spec::GET_REPORTS);
    exchange.response =
        Some(Received { status: 200, body: body.to_string().into_bytes(), ..Received::default() });
    let evidence: Value =
        serde_json::from_str(&conformance::evidence(EvidenceSource::Other, &[exchange])).unwrap();
    let expected = json!({ "value": [
        { "reportId": "string", "unknown-1": 0, "unknown-2": "string" },
        { "REPORTID": "string", "unknown-1": 0, "unknown-3": { "code": 0, "unknown-4": 0 } },
    ], "@odata.nextLink": "string" });
    assert_eq!(evidence["exchanges"][0]["response"]["body"]["json"], expected);
}
