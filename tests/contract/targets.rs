//! The checks of `conformance` against the emulator: in both spellings, and with each fault.

use std::time::Duration;

use partner_center_insights::conformance::{self, Aspect, Comparison, Exchange, assumptions};
use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Limit, Scenario};
use partner_center_insights::{ErrorKind, InsightsClient, spec};
use serde_json::Value;

use crate::conform::deviations;
use crate::document::{Document, pascal};
use crate::emulator::builder;
use crate::support::{Server, Step, json};

pub fn client(emulator: &Emulator) -> InsightsClient {
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    builder.timeout(Duration::from_secs(5)).build().unwrap()
}

fn all_deviations(exchanges: &[Exchange]) -> Vec<Comparison> {
    exchanges.iter().flat_map(deviations).collect()
}

async fn run_with(configure: impl Fn(EmulatorBuilder) -> EmulatorBuilder) -> Vec<Exchange> {
    let emulator = configure(builder(&Document::ours())).start().await.unwrap();
    conformance::run(&client(&emulator)).await.unwrap()
}

#[tokio::test]
async fn emulator_conforms() {
    assert_eq!(all_deviations(&run_with(|builder| builder).await), []);
}

#[tokio::test]
async fn other_spelling_is_the_only_deviation() {
    let responses: Vec<_> =
        run_with(|builder| builder).await.into_iter().map(|exchange| exchange.response.unwrap()).collect();
    let server = Server::with_responder(None, move |number, _| {
        let body: Value = serde_json::from_slice(&responses[number].body).unwrap();
        vec![Step::Send(json(responses[number].status, &pascal(&body).to_string()))]
    })
    .await;
    let client = InsightsClient::builder().base_url(server.url()).token("token").build().unwrap();
    let exchanges = conformance::run(&client).await.unwrap();
    for exchange in &exchanges {
        let deviations = deviations(exchange);
        assert!(deviations.iter().any(|comparison| comparison.found == "StatusCode"), "{exchange:?}");
        assert!(deviations.iter().all(|comparison| comparison.aspect == Aspect::Spelling), "{deviations:?}");
    }
}

#[tokio::test]
async fn each_fault_is_named() {
    let rows = [
        (Fault::respond(503, "text/plain", "busy"), Aspect::Status, "503 (undocumented)"),
        (Fault::refuse(500), Aspect::Status, "500"),
        (Fault::refuse(401), Aspect::Status, "401"),
        (Fault::respond(403, "text/html", "<title>No</title>"), Aspect::ContentType, "text/html"),
        (Fault::respond(200, "application/json", "{"), Aspect::Json, "no JSON"),
        (Fault::truncate(40), Aspect::Json, "incomplete"),
        (Fault::disconnect_before(), Aspect::Status, "connection lost"),
        (Fault::disconnect_after(), Aspect::Status, "connection lost"),
        (Fault::delay(Duration::from_secs(60)), Aspect::Status, "no response in time"),
    ];
    for (fault, aspect, found) in rows {
        let exchanges = run_with(|builder| builder.fault(fault.clone().on(&spec::GET_DATASETS))).await;
        let named = all_deviations(&exchanges);
        let is_named =
            named.iter().any(|comparison| comparison.aspect == aspect && comparison.found == found);
        assert!(is_named, "{fault:?}: {named:?}");
        assert!(named.iter().all(|comparison| comparison.operation == "getDatasets"), "{fault:?}: {named:?}");
    }
}

#[tokio::test]
async fn scenarios_that_refuse_everything_are_named() {
    let rows = [(Scenario::Mfa, "401"), (Scenario::ExpiredToken, "401"), (Scenario::Html403, "403")];
    for (scenario, status) in rows {
        let named = all_deviations(&run_with(|builder| builder.scenario(scenario)).await);
        let lists = named.iter().filter(|named| named.request == "all" && named.aspect == Aspect::Status);
        let statuses: Vec<_> = lists.map(|named| &*named.found).collect();
        assert_eq!(statuses, [status; 3], "{scenario:?}");
    }
}

#[tokio::test]
async fn rate_limit_is_respected_and_answers_assumption() {
    let limit = Limit::window(4, Duration::from_secs(1));
    let deviations = all_deviations(&run_with(|builder| builder.limit(limit)).await);
    // The spec has the rate-limit headers for successful responses and 429 only.
    assert!(
        deviations.iter().all(|named| named.found == "x-ratelimit-limit, x-ratelimit-remaining"),
        "{deviations:?}"
    );
    let emulator = builder(&Document::ours()).fault(Fault::refuse(429).first(1)).start().await.unwrap();
    let exchanges = conformance::run(&client(&emulator)).await.unwrap();
    let answered = assumptions(&exchanges).answered;
    let is_answered = answered.iter().any(|answer| answer.place == "components.responses.TooManyRequests");
    assert!(is_answered && exchanges.len() == 11, "{answered:?}");
}

#[tokio::test]
async fn first_request_without_a_response_is_an_error() {
    let fault = Fault::disconnect_before().first(1);
    let emulator = builder(&Document::ours()).fault(fault).start().await.unwrap();
    let error = conformance::run(&client(&emulator)).await.unwrap_err();
    assert_eq!((error.kind(), emulator.request_count()), (ErrorKind::Connect, 1));
}
