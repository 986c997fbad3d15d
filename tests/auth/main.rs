//! Sign-in, against a token endpoint and a service over TLS.

#[cfg(all(unix, feature = "azure-cli"))]
mod azure_cli;
#[cfg(feature = "azure-identity")]
mod azure_identity;
mod clock;
mod device_code;
mod fake;
mod hints;
mod inspect;
mod logs;
mod refresh_token;
mod renewal;
mod responses;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod token_file;

use partner_center_insights::auth::{AuthError, Entra};
use serde_json::{Value, json};

use crate::fake::{Response, Server};
pub use crate::support::REPORT_ID as REPORT;

pub const SCOPE: &str = "https://api.partnercenter.microsoft.com/.default";
pub const TENANT: &str = "contoso.onmicrosoft.com";
pub const CLIENT_ID: &str = "6f1d0c9e-2b7a-4d15-8e43-90ab12cd34ef";

pub const ACCESS_TOKEN: &str = "eyJ0.QUNDRVNT.c2ln";
pub const REFRESH_TOKEN: &str = "0.AXoA-refresh.R1";
pub const CLIENT_SECRET: &str = "s3cr3t~value&with=signs";

/// The ids in Entra's refusals.
pub const TRACE_ID: &str = "255d1aef-8c98-452f-ac51-23d051240864";
pub const CORRELATION_ID: &str = "fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7";

/// Settings that send token requests to this server. Also speeds up the clock of the test.
pub fn entra(server: &Server) -> Entra {
    clock::speed_up();
    let builder = Entra::builder().authority(server.url()).tenant(TENANT).client_id(CLIENT_ID);
    builder.root_certificate(fake::root()).build().unwrap()
}

/// A response with an access token.
pub fn token(access_token: &str, expires_in: Value) -> Response {
    let body = json!({"token_type": "Bearer", "access_token": access_token, "expires_in": expires_in});
    Response::json(200, &body)
}

/// A response with an access token and a new refresh token.
pub fn rotated(access_token: &str, refresh_token: &str) -> Response {
    let body = json!({"token_type": "Bearer", "access_token": access_token, "expires_in": 3599,
        "refresh_token": refresh_token});
    Response::json(200, &body)
}

/// A refusal as Entra sends it, with its ids.
pub fn refusal(status: u16, error: &str, code: u32, text: &str) -> Response {
    let body = json!({"error": error, "error_description": format!("AADSTS{code}: {text}"), "error_codes": [code],
        "timestamp": "2026-05-04 10:20:30Z", "trace_id": TRACE_ID, "correlation_id": CORRELATION_ID,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}")});
    Response::json(status, &body)
}

/// Returns the error as users see it. Panics if any representation of it holds a secret.
pub fn shown(error: &AuthError) -> String {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r']), "not one line: {line}");
    holds_no_secret(&format!("{line} {error:#} {error:?} {error:#?}"));
    line
}

pub fn holds_no_secret(text: &str) {
    for secret in [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET, "s3cr3t", "-refresh.R"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
