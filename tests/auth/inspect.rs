//! The claims of a token.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use partner_center_insights::Program;
use partner_center_insights::auth::AccessToken;
use partner_center_insights::auth::inspect::{Claims, Mfa, TokenKind, claims};
use serde_json::{Value, json};

use crate::{CLIENT_ID, TENANT};

fn token(payload: &[u8]) -> AccessToken {
    AccessToken::new(format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)))
}

fn of(payload: Value) -> Claims {
    claims(&token(payload.to_string().as_bytes())).unwrap()
}

#[test]
fn claims_of_a_user_token_are_decoded() {
    let read = of(
        json!({"tid": TENANT, "appid": CLIENT_ID, "aud": "https://api.partnercenter.microsoft.com",
        "upn": "someone@contoso.com", "exp": 4_102_444_800_u64, "amr": ["pwd", "mfa"], "scp": "user_impersonation x",
        "roles": ["Reader"], "oid": "1", "sub": "2"}),
    );
    assert_eq!((read.tenant.as_deref(), read.client_id.as_deref()), (Some(TENANT), Some(CLIENT_ID)));
    assert_eq!(read.audience.as_deref(), Some("https://api.partnercenter.microsoft.com"));
    assert_eq!(read.user.as_deref(), Some("someone@contoso.com"));
    assert_eq!(read.expires_at, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800)));
    assert_eq!((read.kind, read.mfa), (TokenKind::User, Mfa::Yes));
    assert_eq!(
        (read.scopes, read.roles),
        (vec!["user_impersonation".into(), "x".into()], vec!["Reader".into()])
    );
}

#[test]
fn token_kind_follows_from_the_claims() {
    for (payload, kind) in [
        (json!({"idtyp": "app"}), TokenKind::Application),
        (json!({"idtyp": "user"}), TokenKind::User),
        (json!({"scp": "user_impersonation"}), TokenKind::User),
        (json!({"oid": "1", "sub": "1", "roles": ["r"]}), TokenKind::Application),
        (json!({"oid": "1", "sub": "2"}), TokenKind::Unknown),
        (json!({}), TokenKind::Unknown),
    ] {
        assert_eq!(of(payload.clone()).kind, kind, "{payload}");
    }
}

#[test]
fn mfa_follows_from_the_methods() {
    for (amr, mfa) in [
        (json!(["pwd", "mfa"]), Mfa::Yes),
        (json!(["rsa", "ngcmfa"]), Mfa::Yes),
        (json!(["pwd"]), Mfa::No),
        (json!([]), Mfa::Unknown),
        (json!(null), Mfa::Unknown),
    ] {
        assert_eq!(of(json!({"amr": amr})).mfa, mfa, "{amr}");
    }
    assert_eq!(of(json!({})).mfa, Mfa::Unknown);
}

#[test]
fn claims_of_unexpected_types_are_ignored() {
    let read = of(json!({"tid": 1, "exp": "soon", "scp": 7, "amr": {}, "azp": CLIENT_ID, "roles": [1, "r"]}));
    assert_eq!((read.tenant, read.expires_at, read.kind), (None, None, TokenKind::Unknown));
    assert_eq!(read.client_id.as_deref(), Some(CLIENT_ID));
    assert_eq!(read.roles, ["r"]);
}

#[test]
fn opaque_token_has_no_claims() {
    for text in ["", "opaque", "a.b", "a.b.c", "a.b.c.d.e", "a.!.c"] {
        assert_eq!(claims(&AccessToken::new(text)), None, "{text}");
    }
    assert_eq!(claims(&token(b"[1]")), None);
    assert_eq!(claims(&token(&[0xff])), None);
}

#[test]
fn concerns_name_what_the_service_will_reject() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let good =
        json!({"aud": "https://api.partnercenter.microsoft.com", "scp": "x", "amr": ["mfa"], "exp": 1_001});
    assert_eq!(of(good.clone()).concerns(Program::Mpn, now), Vec::<&str>::new());
    for (claim, value, concern) in [
        ("exp", json!(1_000), "the token has expired"),
        ("aud", json!("00000003-0000-0000-c000-000000000000"), "does not accept tokens for Microsoft Graph"),
        ("aud", json!("https://graph.windows.net"), "no longer accepts tokens for Azure AD Graph"),
        ("idtyp", json!("app"), "expect a user's"),
        ("amr", json!(["pwd"]), "does not prove multi-factor authentication"),
    ] {
        let mut payload = good.clone();
        payload[claim] = value;
        let concerns = of(payload).concerns(Program::Mpn, now);
        assert!(matches!(concerns[..], [one] if one.contains(concern)), "{concern}: {concerns:?}");
    }
    assert_eq!(
        of(json!({"idtyp": "app", "amr": ["pwd"]})).concerns(Program::Mpn, now).len(),
        1,
        "applications are exempt"
    );
    assert_eq!(of(json!({"idtyp": "app"})).concerns(Program::Cmp, now), Vec::<&str>::new());
}
