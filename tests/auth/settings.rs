//! The settings of an endpoint, and the Debug output of the sources.

use partner_center_insights::InsightsClient;
use partner_center_insights::auth::{
    AccessToken, AuthError, ClientSecret, Cloud, DeviceCode, Entra, EntraBuilder, RefreshToken, StaticToken,
    StoredLogin, TokenFile, TokenRequest, TokenSource,
};

use crate::fake::Server;
use crate::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPE, TENANT, holds_no_secret, rotated, shown,
};

fn builder() -> EntraBuilder {
    Entra::builder().tenant(TENANT).client_id(CLIENT_ID)
}

#[test]
fn authority_is_https_with_a_host_alone() {
    assert_eq!(builder().build().unwrap().authority(), "https://login.microsoftonline.com");
    for (given, used) in [
        ("https://login.microsoftonline.us/", "https://login.microsoftonline.us"),
        ("login.partner.microsoftonline.cn", "https://login.partner.microsoftonline.cn"),
        (" https://LOCALHOST:8443 ", "https://localhost:8443"),
        ("localhost:8443", "https://localhost:8443"),
    ] {
        assert_eq!(builder().authority(given).build().unwrap().authority(), used);
    }
    for bad in [
        "",
        "http://login.microsoftonline.com",
        "http://localhost:1",
        "https://user:s3cr3t@host",
        "https://login.microsoftonline.com/contoso.onmicrosoft.com",
        "https://host/?a=b",
        "https://host/#a",
        "two words",
        "ftp://host",
    ] {
        let error = builder().authority(bad).build().unwrap_err();
        assert!(matches!(error, AuthError::Configuration { .. }), "{bad}");
        assert!(shown(&error).contains("invalid authority host"), "{bad}: {error}");
    }
}

#[test]
fn tenant_and_client_id_are_validated() {
    for bad in ["", " ", "../other", "a/b", "-x", "a b", "a?b", "..", "a..b", "contoso\n"] {
        let error = Entra::builder().client_id(CLIENT_ID).tenant(bad).build();
        // A trailing line break, as from pasting, is removed.
        assert_eq!(error.is_ok(), bad == "contoso\n", "{bad:?}");
    }
    for bad in ["", " ", "two words", "${AZURE_CLIENT_ID}", "null", "undefined", "@{Id=x}", "<guid>"] {
        let error = Entra::builder().tenant(TENANT).client_id(bad).build().unwrap_err();
        assert!(shown(&error).contains("client ID"), "{error}");
    }
}

#[tokio::test]
async fn quotes_around_settings_are_removed() {
    for (open, close) in [("\"", "\""), ("'", "'"), (" \"", "\"\r\n"), ("\u{feff}", "")] {
        let quoted = |text| format!("{open}{text}{close}");
        let builder = Entra::builder().tenant(quoted(TENANT)).client_id(quoted(CLIENT_ID));
        let entra = builder.authority(quoted("https://localhost:8443")).build().unwrap();
        assert_eq!((entra.tenant(), entra.client_id()), (TENANT, CLIENT_ID));
        assert_eq!(entra.authority(), "https://localhost:8443");

        let server = Server::start(vec![rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
        let secret = quoted(CLIENT_SECRET);
        ClientSecret::new(crate::entra(&server), &*secret).token(TokenRequest::new(SCOPE)).await.unwrap();
        let refresh = RefreshToken::new(crate::entra(&server), quoted(REFRESH_TOKEN)).client_secret(secret);
        refresh.redeem(SCOPE).await.unwrap();
        for request in server.requests() {
            assert_eq!(request.form["client_secret"], CLIENT_SECRET);
        }
        assert_eq!(server.requests()[1].form["refresh_token"], REFRESH_TOKEN);
    }
}

#[tokio::test]
async fn invalid_secret_is_not_sent() {
    let server = Server::start(vec![rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    let json = format!(r#"{{"access_token":"{ACCESS_TOKEN}","refresh_token":"{REFRESH_TOKEN}"}}"#);
    for bad in [
        "",
        "\"\"",
        "null",
        "${SECRET}",
        "@{Secret=s3cr3t}",
        "System.Security.SecureString",
        "“s3cr3t”",
        &json,
    ] {
        let request = TokenRequest::new(SCOPE);
        let errors = [
            ClientSecret::new(crate::entra(&server), bad).token(request).await.unwrap_err(),
            RefreshToken::new(crate::entra(&server), bad).redeem(SCOPE).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, AuthError::Configuration { .. }), "{bad}: {error:?}");
            shown(&error);
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn invalid_root_certificate_fails_the_build() {
    for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(
            shown(&builder().root_certificate(bad).build().unwrap_err()).contains("certificate"),
            "{bad}"
        );
        assert!(
            InsightsClient::builder().token(ACCESS_TOKEN).root_certificate(bad).build().is_err(),
            "{bad}"
        );
    }
}

#[test]
fn clouds_have_distinct_authorities() {
    let authorities: std::collections::HashSet<_> =
        Cloud::ALL.iter().map(|cloud| cloud.authority()).collect();
    assert_eq!(authorities.len(), Cloud::ALL.len());
    for cloud in Cloud::ALL {
        assert!(builder().authority(cloud.authority()).build().is_ok());
        let client = InsightsClient::builder().token(ACCESS_TOKEN).base_url(cloud.base_url());
        assert!(client.build().is_ok());
    }
    assert_eq!(Cloud::default().scope(), SCOPE);
}

#[test]
fn debug_output_holds_no_secrets() {
    let entra = builder().build().unwrap();
    let refresh = RefreshToken::new(entra.clone(), REFRESH_TOKEN).client_secret(CLIENT_SECRET);
    let file =
        RefreshToken::from_file(entra.clone(), TokenFile::new("login.json")).client_secret(CLIENT_SECRET);
    let text = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        entra,
        refresh,
        file,
        ClientSecret::new(entra.clone(), CLIENT_SECRET),
        StaticToken::new(ACCESS_TOKEN),
        AccessToken::new(ACCESS_TOKEN),
        StoredLogin::of(&entra, REFRESH_TOKEN),
        DeviceCode::new(entra.clone(), |_| ()),
    );
    holds_no_secret(&text);
    assert!(text.contains(TENANT) && text.contains(CLIENT_ID), "{text}");
}

#[tokio::test]
async fn shared_and_boxed_sources_can_be_used() {
    let shared = std::sync::Arc::new(StaticToken::new(ACCESS_TOKEN));
    let boxed: Box<dyn TokenSource> = Box::new(shared.clone());
    let token = boxed.token(TokenRequest::new(SCOPE)).await.unwrap();
    assert_eq!(token.expose(), ACCESS_TOKEN);
    assert!(InsightsClient::builder().token_source(shared).build().is_ok());
}
