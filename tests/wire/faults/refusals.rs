//! Refusals with a reason in their head, rate limits with other statuses than 429, and spellings of content codings.

use partner_center_insights::ErrorKind::{self, *};

use super::{Row, check, fails, gzip, succeeds};
use crate::support::{EMPTY_LIST, json, raw_response, response};

/// A response without a body, as a gateway sends it.
fn refusal(status: &str, challenge: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nWWW-Authenticate: {challenge}\r\nTransfer-Encoding: chunked");
    raw_response(&head, "0\r\n\r\n")
}

#[tokio::test]
async fn reason_and_challenge_decide_the_kind() {
    let published = refusal("401 Unauthorized - MFA required", "Bearer error=\"invalid_token\"");
    let audience = r#"Bearer error="invalid_token", error_description="The audience 'x' is invalid""#;
    let several = refusal(
        "401 Unauthorized",
        r#"Negotiate, Bearer realm="a, b", error="invalid_token", error_description="Needs \"multi-factor\"""#,
    );
    let acr = r#"Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6e319fQ==""#;
    let split = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                 WWW-Authenticate: bearer Error=insufficient_claims";
    check(vec![
        fails("the published refusal", published, MfaRequired, 401, 1, "Unauthorized - MFA required"),
        fails(
            "403 and MFA",
            refusal("403 MFA is required", "Bearer"),
            MfaRequired,
            403,
            1,
            "MFA is required",
        ),
        fails(
            "audience",
            refusal("401 Unauthorized", audience),
            WrongAudience,
            401,
            1,
            "The audience 'x' is",
        ),
        fails("several challenges", several, MfaRequired, 401, 1, "Needs \"multi-factor\""),
        fails("claims", refusal("401 Unauthorized", acr), MfaRequired, 401, 1, ""),
        fails("two headers", raw_response(split, ""), MfaRequired, 401, 1, ""),
        fails(
            "reason of another status",
            raw_response("HTTP/1.1 400 Report is gone", ""),
            BadRequest,
            400,
            1,
            "Report is gone",
        ),
        fails(
            "control characters and the token",
            refusal(
                "401 Unauthorized",
                &format!("Bearer error_description=\"a\tb {}\"", crate::support::TOKEN),
            ),
            Unauthenticated,
            401,
            1,
            "a b [token]",
        ),
    ])
    .await;
}

fn says(name: &'static str, message: &'static str, kind: ErrorKind, status: u16) -> Row {
    fails(name, json(status, &format!(r#"{{"message":"{message}"}}"#)), kind, status, 1, message)
}

#[tokio::test]
async fn text_of_a_refusal_decides_the_kind() {
    let entra = |error: &str| format!("Bearer error=\"interaction_required\", error_description=\"{error}\"");
    check(vec![
        fails("a code", json(401, r#"{"code":"MfaRequired","message":"no"}"#), MfaRequired, 401, 1, "no"),
        fails(
            "a nested code",
            json(403, r#"{"error":{"code":"MFARequired","message":"no"}}"#),
            MfaRequired,
            403,
            1,
            "no",
        ),
        says("two-step", "Two-step verification is required", MfaRequired, 401),
        says("2FA", "2FA required", MfaRequired, 403),
        says("second factor", "A second factor is needed", MfaRequired, 401),
        says("strong", "StrongAuthenticationRequired", MfaRequired, 401),
        fails(
            "Entra",
            refusal("401 Unauthorized", &entra("AADSTS50079")),
            MfaRequired,
            401,
            1,
            "AADSTS50079",
        ),
        says("aud", "Invalid aud claim", WrongAudience, 401),
        fails(
            "code of an audience",
            json(401, r#"{"error":{"code":"InvalidAuthenticationTokenAudience"}}"#),
            WrongAudience,
            401,
            1,
            "",
        ),
        says("app-only", "App-only tokens are not allowed", AppOnlyNotAllowed, 403),
        fails(
            "scope",
            refusal("403 Forbidden", "Bearer error=\"insufficient_scope\", scope=\"user_impersonation\""),
            Forbidden,
            403,
            1,
            "expected the scope user_impersonation",
        ),
        says("a laudable word", "An audible alarm", Forbidden, 403),
    ])
    .await;
}

#[tokio::test]
async fn exceeded_quota_is_throttling_with_any_status() {
    let quota = |status, headers, time: &str| {
        let body = format!(
            r#"{{"statusCode":{status},"message":"Out of call volume quota. Quota will be replenished in {time}."}}"#
        );
        response(status, headers, body)
    };
    let bandwidth = response(403, "", "Out of bandwidth quota. Quota will be replenished in 1.00:00:05.");
    let rate = r#"{"statusCode":429,"message":"Rate limit is exceeded. Try again in 90 seconds."}"#;
    check(vec![
        fails("403, header", quota(403, "Retry-After: 753\r\n", "00:12:33"), Throttled, 403, 1, "quota"),
        fails("403, text", quota(403, "", "00:12:33"), Throttled, 403, 1, "quota"),
        fails("403, bandwidth", bandwidth, Throttled, 403, 1, "bandwidth"),
        fails("429, text", response(429, "", rate), Throttled, 429, 1, "Rate limit"),
        fails(
            "403, code",
            json(403, r#"{"error":{"code":"QuotaExceeded","message":"Try again in 5 minutes"}}"#),
            Throttled,
            403,
            1,
            "Try again in 5 minutes",
        ),
        says("403, requests", "maximum number of requests; retry in 1 hour", Throttled, 403),
        fails(
            "403, rate",
            json(403, r#"{"code":"RateLimitExceeded","message":"wait for 1h5m"}"#),
            Throttled,
            403,
            1,
            "wait for 1h5m",
        ),
        fails("403, header alone", response(403, "Retry-After: 753\r\n", ""), Throttled, 403, 1, ""),
        succeeds("403, short", vec![quota(403, "", "00:00:01"), response(200, "", EMPTY_LIST)]),
        succeeds(
            "403, short header",
            vec![response(403, "Retry-After: 0\r\n", ""), response(200, "", EMPTY_LIST)],
        ),
        fails("a missing role", response(403, "", r#"{"message":"No role"}"#), Forbidden, 403, 1, "No role"),
        fails("a quota of reports", response(400, "", "Quota exceeded"), BadRequest, 400, 1, "Quota"),
    ])
    .await;
}

#[tokio::test]
async fn content_coding_has_many_spellings() {
    let once = gzip(EMPTY_LIST);
    let (head, tail) = EMPTY_LIST.split_at(20);
    let members = [gzip(head), gzip(tail)].concat();
    let coded =
        |coding: &str, body: &[u8]| vec![response(200, &format!("Content-Encoding: {coding}\r\n"), body)];
    let refused = response(404, "Content-Encoding: GZIP\r\n", gzip(r#"{"message":"no report"}"#));
    check(vec![
        succeeds("gzip", coded("gzip", &once)),
        succeeds("GZIP", coded("GZIP", &once)),
        succeeds("x-gzip", coded("x-gzip", &once)),
        succeeds("with identity", coded("gzip, identity", &once)),
        succeeds("after identity", coded("identity,GZip", &once)),
        succeeds("identity", coded("identity", EMPTY_LIST.as_bytes())),
        succeeds(
            "two lines",
            vec![response(200, "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", &once)],
        ),
        succeeds("twice", coded("gzip, gzip", &gzip(&once))),
        succeeds("in quotes", coded("\"gzip\"", &once)),
        succeeds("a parameter", coded("gzip;q=1.0", &once)),
        succeeds("a charset", coded("utf-8", EMPTY_LIST.as_bytes())),
        succeeds("padding", coded("gzip", &[&once[..], &[0; 10]].concat())),
        fails("br", coded("br", b"\x0b\x02").remove(0), InvalidResponse, 200, 1, "not requested: br"),
        fails("zstd", coded("zstd", b"x").remove(0), InvalidResponse, 200, 1, "not requested: zstd"),
        fails("no header", coded("identity", &once).remove(0), InvalidResponse, 200, 1, "compressed data"),
        succeeds("members", coded("gzip", &members)),
        succeeds("members in capitals", coded("GZIP", &members)),
        fails("of a refusal", refused, NotFound, 404, 1, "no report"),
        fails("no gzip", coded("GZIP", b"not gzip at all").remove(0), InvalidResponse, 200, 1, "HTTP 200"),
    ])
    .await;
}
