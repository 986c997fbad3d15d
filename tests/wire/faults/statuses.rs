//! Statuses, and the service's codes that refine some of them.

use partner_center_insights::ErrorKind::*;

use super::{ENVELOPE, check, fails};
use crate::support::{html, json, raw_response, response};

#[tokio::test]
async fn status_and_code_decide_the_kind() {
    let refusal = |status, code| json(status, &format!(r#"{{"code":"{code}","description":"d"}}"#));
    check(vec![
        fails("402", json(402, ""), BadRequest, 402, 1, ""),
        fails("405", json(405, ""), BadRequest, 405, 1, ""),
        fails("410", json(410, ""), NotFound, 410, 1, ""),
        fails("411", html(411, "<title>Length Required</title>"), BadRequest, 411, 1, "Length"),
        fails("412", json(412, ""), Conflict, 412, 1, ""),
        fails("451", json(451, ""), BadRequest, 451, 1, ""),
        fails("999", json(999, ""), InvalidResponse, 999, 1, ""),
        fails("304", raw_response("HTTP/1.1 304 Not Modified", ""), InvalidResponse, 304, 1, "redirected"),
        fails("900421: MFA is required", refusal(401, "900421"), MfaRequired, 401, 1, "d"),
        fails("900420: wrong audience", refusal(401, "900420"), WrongAudience, 401, 1, "d"),
        fails("900329: a user is required", refusal(403, "900329"), AppOnlyNotAllowed, 403, 1, "d"),
        fails("code as a number", json(403, r#"{"code":900329}"#), AppOnlyNotAllowed, 403, 1, ""),
    ])
    .await;
}

#[tokio::test]
async fn transient_statuses_are_retried() {
    check(vec![
        fails("408", json(408, ""), Unavailable, 408, 3, ""),
        fails("429", response(429, "Retry-After: 0\r\n", ""), Throttled, 429, 3, ""),
        fails("500", json(500, ENVELOPE), ServerError, 500, 3, "why"),
        fails("501", json(501, ""), ServerError, 501, 3, ""),
        fails("502", html(502, "<title>502</title>"), Unavailable, 502, 3, "502"),
        fails("503", json(503, ""), Unavailable, 503, 3, ""),
        fails("504", json(504, ""), Unavailable, 504, 3, ""),
        fails("520", json(520, ""), ServerError, 520, 3, ""),
    ])
    .await;
}

#[tokio::test]
async fn status_in_the_envelope_overrides_http_200() {
    check(vec![
        fails("403", json(200, r#"{"StatusCode":403,"Message":"no"}"#), Forbidden, 403, 1, "no"),
        fails(
            "404",
            json(200, r#"{"value":[],"message":"gone","statusCode":404}"#),
            NotFound,
            404,
            1,
            "gone",
        ),
        fails(
            "404 with an invalid value",
            json(200, r#"{"Value":"?","Message":"gone","StatusCode":404}"#),
            NotFound,
            404,
            1,
            "gone",
        ),
        fails(
            "429 is retried",
            json(200, r#"{"statusCode":429,"message":"slow"}"#),
            Throttled,
            429,
            3,
            "slow",
        ),
        fails("70000", json(200, r#"{"statusCode":70000}"#), ServerError, 599, 3, ""),
    ])
    .await;
}

#[tokio::test]
async fn too_long_retry_after_fails_at_once() {
    let busy = |status, wait| response(status, &format!("Retry-After: {wait}\r\n"), "");
    check(vec![
        fails("seconds", busy(429, "3600"), Throttled, 429, 1, ""),
        fails("most seconds", busy(429, "18446744073709551615"), Throttled, 429, 1, ""),
        fails("date", busy(503, "Fri, 31 Dec 2100 23:59:59 GMT"), Unavailable, 503, 1, ""),
    ])
    .await;
}

#[tokio::test]
async fn useless_retry_after_is_ignored() {
    let busy = |wait| response(503, &format!("Retry-After: {wait}\r\n"), "");
    check(vec![
        fails("word", busy("soon"), Unavailable, 503, 3, ""),
        fails("negative", busy("-5"), Unavailable, 503, 3, ""),
        fails("date in the past", busy("Thu, 01 Jan 1970 00:00:00 GMT"), Unavailable, 503, 3, ""),
    ])
    .await;
}
