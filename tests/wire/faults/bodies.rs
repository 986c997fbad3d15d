//! Bodies of error responses: the status decides, and the body adds a message if it can be read.

use partner_center_insights::ErrorKind::*;

use super::{ENVELOPE, Row, check, fails, gzip, gzipped};
use crate::support::{html, json, response, text};

#[tokio::test]
async fn error_message_is_found_in_every_shape() {
    let title = "<html><head><title>Access &amp; denied</title></head></html>";
    let problem = r#"{"title":"t","detail":"busy"}"#;
    check(vec![
        fails("envelope in camelCase", json(400, ENVELOPE), BadRequest, 400, 1, "why"),
        fails("envelope in PascalCase", json(400, r#"{"Message":"why"}"#), BadRequest, 400, 1, "why"),
        fails(
            "gateway: statusCode and message",
            json(403, r#"{"statusCode":403,"message":"no"}"#),
            Forbidden,
            403,
            1,
            "no",
        ),
        fails(
            "gateway: code and description",
            json(400, r#"{"code":"2000","description":"odd","data":[]}"#),
            BadRequest,
            400,
            1,
            "odd",
        ),
        fails(
            "nested error",
            json(404, r#"{"error":{"code":"NF","message":"gone"}}"#),
            NotFound,
            404,
            1,
            "gone",
        ),
        fails(
            "OAuth error",
            json(401, r#"{"error":"invalid_token","error_description":"ended"}"#),
            Unauthenticated,
            401,
            1,
            "ended",
        ),
        fails(
            "problem details",
            response(409, "Content-Type: application/problem+json\r\n", problem),
            Conflict,
            409,
            1,
            "busy",
        ),
        fails("plain text", text(400, "plain\nwords"), BadRequest, 400, 1, "plain words"),
        fails("title of HTML", html(403, title), Forbidden, 403, 1, "Access & denied"),
        fails("HTML labeled as JSON", json(403, title), Forbidden, 403, 1, "Access"),
        fails("byte order mark", json(400, &format!("\u{feff}{ENVELOPE}")), BadRequest, 400, 1, "why"),
        fails("gzip", gzipped(400, &gzip(ENVELOPE)), BadRequest, 400, 1, "why"),
        fails("control characters", text(400, "a\x1b[31mred\x07"), BadRequest, 400, 1, "ared"),
    ])
    .await;
}

#[tokio::test]
async fn unreadable_error_body_leaves_the_status() {
    check(vec![
        fails("empty", json(401, ""), Unauthenticated, 401, 1, ""),
        fails("malformed JSON", json(400, r#"{"message":"half"#), BadRequest, 400, 1, ""),
        fails("array", json(400, "[1,2,3]"), BadRequest, 400, 1, ""),
        fails("null", json(400, "null"), BadRequest, 400, 1, ""),
        fails("deeply nested JSON", json(400, &"[".repeat(100_000)), BadRequest, 400, 1, ""),
        fails("binary", response(400, "", [0x89, b'P', b'N', b'G', 0, 1, 2, 0xff]), BadRequest, 400, 1, ""),
        fails("mislabeled as gzip", gzipped(400, b"not gzip"), BadRequest, 400, 1, ""),
    ])
    .await;
}

fn refuses(name: &'static str, body: &str, message: &'static str) -> Row {
    fails(name, json(400, body), BadRequest, 400, 1, message)
}

#[tokio::test]
async fn nested_error_message_is_found() {
    let validation = r#"{"title":"One or more validation errors occurred.","status":400,"errors":{"StartTime":["must be later"],"Name":["is empty"]}}"#;
    check(vec![
        refuses("validation problem", validation, "occurred; "),
        refuses("its first field", validation, "StartTime: must be later"),
        refuses("its other field", validation, "Name: is empty"),
        refuses(
            "details",
            r#"{"error":{"code":"Bad","message":"Many","details":[{"target":"QueryId","message":"unknown"}]}}"#,
            "Many; QueryId: unknown",
        ),
        refuses(
            "inner errors",
            r#"{"error":{"message":"Outer","innererror":{"code":"x","innererror":{"message":"deep"}}}}"#,
            "Outer; deep",
        ),
        refuses(
            "ModelState",
            r#"{"Message":"The request is invalid.","ModelState":{"model.Name":["too long"]}}"#,
            "The request is invalid; model.Name: too long",
        ),
        refuses("errors", r#"{"errors":[{"code":"E1","message":"first"},{"message":"second"}]}"#, "first; second"),
        refuses("errors as text", r#"{"errors":["plain","texts"]}"#, "plain; texts"),
        refuses("an array of text", r#"["text"]"#, "text"),
        refuses("an array of objects", r#"[{"message":"in a list"}]"#, "in a list"),
        refuses("fault", r#"{"fault":{"faultstring":"no key","detail":{"errorcode":"oauth.x"}}}"#, "no key"),
        refuses("WSO2 fault", r#"{"fault":{"code":900902,"message":"Missing","description":"D"}}"#, "Missing"),
        refuses("errorMessage", r#"{"errorCode":"7","errorMessage":"said"}"#, "said"),
        refuses("error_message", r#"{"error_message":"said"}"#, "said"),
        refuses("OData", r#"{"error":{"code":"","message":{"lang":"en","value":"spoken"}}}"#, "spoken"),
        refuses("JSON in a string", r#"{"message":"{\"error\":{\"message\":\"inner\"}}"}"#, "inner"),
        refuses("a list of messages", r#"{"message":["a is odd","b is odd"]}"#, "a is odd; b is odd"),
        refuses("fields with texts", r#"{"errors":{"name":"is taken","age":"is odd"}}"#, "name: is taken"),
        refuses("JSend", r#"{"status":"fail","data":{"title":"is required"}}"#, "is required"),
        refuses("response", r#"{"response":{"error":{"message":"inner"}}}"#, "inner"),
        refuses("meta", r#"{"meta":{"error":"said"}}"#, "said"),
        refuses("QuickBooks", r#"{"Fault":{"Error":[{"Message":"said","Detail":"more"}]}}"#, "said; more"),
        refuses("Okta", r#"{"errorSummary":"said","errorCauses":[{"errorSummary":"why"}]}"#, "said; why"),
        refuses("MessageDetail", r#"{"Message":"said","MessageDetail":"more"}"#, "said; more"),
        refuses("err", r#"{"err":"said"}"#, "said"),
        refuses("error_msg", r#"{"error_msg":"said"}"#, "said"),
        refuses("exceptions", r#"{"exceptions":[{"message":"said"}]}"#, "said"),
        refuses("failures", r#"{"failures":[{"description":"said"}]}"#, "said"),
        refuses("problems", r#"{"problems":["said"]}"#, "said"),
        refuses("FastAPI", r#"{"detail":[{"loc":["query"],"msg":"field required"}]}"#, "field required"),
        refuses("ASP.NET", r#"{"Message":"An error.","ExceptionMessage":"null reference"}"#, "null reference"),
    ])
    .await;
}

#[tokio::test]
async fn nested_service_code_decides_the_kind() {
    check(vec![
        fails("in errors", json(403, r#"{"errors":[{"code":"900329"}]}"#), AppOnlyNotAllowed, 403, 1, ""),
        fails(
            "in a fault",
            json(401, r#"{"fault":{"code":900420,"message":"m"}}"#),
            WrongAudience,
            401,
            1,
            "m",
        ),
        fails("in XML", json(401, "<fault><code>900421</code></fault>"), MfaRequired, 401, 1, ""),
    ])
    .await;
}

fn page(name: &'static str, body: &str, message: &'static str) -> Row {
    fails(name, html(403, body), Forbidden, 403, 1, message)
}

#[tokio::test]
async fn page_or_document_is_quoted() {
    check(vec![
        page(
            "XML",
            "<?xml version=\"1.0\"?><Error><Code>X</Code><Message>no key</Message></Error>",
            "no key",
        ),
        page(
            "XML with namespaces",
            "<s:Fault xmlns:s=\"u\"><s:Reason><s:Text>why</s:Text></s:Reason></s:Fault>",
            "why",
        ),
        page("CDATA", "<error><message><![CDATA[a < b]]></message></error>", "a < b"),
        page("h1 and h2", "<html><h1>Blocked</h1><h2>by policy</h2><p>Long text</p>", "Blocked: by policy"),
        page(
            "a reference",
            "<html><h2>Our services are not available</h2><p>Ref A: 0A1B2C3D4E Ref B: X</p></html>",
            "not available (reference 0A1B2C3D4E)",
        ),
        page(
            "a request id",
            "<title>No</title><p>Request ID: 12ab-34cd-56</p>",
            "No (reference 12ab-34cd-56)",
        ),
        page(
            "title in a script",
            "<html><script>var t='<title>no</title>'</script><title>yes</title>",
            "yes",
        ),
        page("title in svg", "<html><svg><title>icon</title></svg><h1>Denied</h1></html>", "Denied"),
        page("title in a comment", "<!-- <title>no</title> --><html><title>yes</title>", "yes"),
        page("an empty title", "<html><title> </title><h1>Denied</h1>", "Denied"),
        page(
            "a title that says nothing",
            "<title>Error</title><h1>Blocked by policy 7</h1>",
            "Error: Blocked by",
        ),
        page("words only", "<html><body>Access <b>denied</b><style>x{}</style>", "Access denied"),
    ])
    .await;
}

#[tokio::test]
async fn other_encodings_are_read() {
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
    let body = "{\"message\":\"gesperrt für Sie\"}";
    let typed =
        |charset: &str, body: &[u8]| response(400, &format!("Content-Type: text/html{charset}\r\n"), body);
    let row = |name, response| fails(name, response, BadRequest, 400, 1, "gesperrt für Sie");
    check(vec![
        row("UTF-16 with a mark", typed("", &[&[0xff, 0xfe], &*utf16(body, u16::to_le_bytes)].concat())),
        row("UTF-16BE with a mark", typed("", &[&[0xfe, 0xff], &*utf16(body, u16::to_be_bytes)].concat())),
        row("UTF-16 without a mark", typed("", &utf16(body, u16::to_le_bytes))),
        row("UTF-16 by its label", typed("; charset=utf-16le", &utf16(body, u16::to_le_bytes))),
        row("Latin-1 by its label", typed("; charset=ISO-8859-1", b"{\"message\":\"gesperrt f\xfcr Sie\"}")),
        row("Windows-1252 without one", typed("", b"<title>gesperrt f\xfcr Sie</title>")),
        row("a meta element", typed("", b"<meta charset=windows-1250><title>gesperrt f\xfcr Sie</title>")),
    ])
    .await;
}

#[tokio::test]
async fn reason_phrase_replaces_an_empty_body() {
    check(vec![
        fails("empty", json("400 Name taken", ""), BadRequest, 400, 1, "Name taken"),
        fails("blank", json("403 Not for you", " \r\n"), Forbidden, 403, 1, "Not for you"),
        fails("a body", json("403 Not for you", ENVELOPE), Forbidden, 403, 1, "why"),
    ])
    .await;
}

#[tokio::test]
async fn huge_error_body_is_cut() {
    check(vec![
        fails("words", text(400, &"word ".repeat(200_000)), BadRequest, 400, 1, "word word"),
        fails("one word", text(400, &"x".repeat(40_000_000)), BadRequest, 400, 1, "xxx"),
        fails("gzip bomb", gzipped(400, &gzip(vec![b' '; 5_000_000])), BadRequest, 400, 1, ""),
    ])
    .await;
}
