//! Refresh tokens: what is sent, and where the new one is stored.

use std::fs;
use std::sync::{Arc, Mutex};

use partner_center_insights::auth::{
    AccessToken, AuthError, RefreshToken, Saved, StoredLogin, TokenFile, TokenRequest, TokenSource,
};
use serde_json::json;

use crate::fake::{Request, Server};
use crate::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPE, entra, refusal, rotated, shown, token,
};

async fn request(source: &RefreshToken) -> Result<AccessToken, AuthError> {
    source.token(TokenRequest::new(SCOPE)).await
}

/// The refresh tokens that Entra received.
fn redeemed(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.form["refresh_token"].clone()).collect()
}

fn stored(file: &TokenFile) -> String {
    file.read().unwrap().unwrap().refresh_token.expose().to_owned()
}

/// Records the rotations that a source reports.
fn recorded(source: RefreshToken) -> (RefreshToken, Arc<Mutex<Vec<(String, Saved)>>>) {
    let rotations = Arc::new(Mutex::new(Vec::new()));
    let recorder = rotations.clone();
    let source = source.on_rotation(move |rotation| {
        let token = rotation.refresh_token.expose().to_owned();
        recorder.lock().unwrap().push((token, rotation.saved));
    });
    (source, rotations)
}

#[tokio::test]
async fn refresh_grant_sends_the_documented_form() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    assert_eq!(
        request(&RefreshToken::new(entra(&server), REFRESH_TOKEN)).await.unwrap().expose(),
        ACCESS_TOKEN
    );
    request(&RefreshToken::new(entra(&server), REFRESH_TOKEN).client_secret(CLIENT_SECRET)).await.unwrap();

    let scope = format!("{SCOPE} offline_access");
    let public = vec![
        ("client_id", CLIENT_ID),
        ("grant_type", "refresh_token"),
        ("refresh_token", REFRESH_TOKEN),
        ("scope", &scope),
    ];
    let mut confidential = public.clone();
    confidential.insert(1, ("client_secret", CLIENT_SECRET));
    for (request, expected) in server.requests().iter().zip([public, confidential]) {
        let form: Vec<_> = request.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(form, expected);
    }
}

#[tokio::test]
async fn new_refresh_token_is_used_and_reported() {
    let server = Server::start(vec![rotated("A1", "R2"), rotated("A2", "R3")]).await;
    let (source, rotations) = recorded(RefreshToken::new(entra(&server), REFRESH_TOKEN));
    request(&source).await.unwrap();
    request(&source).await.unwrap();
    assert_eq!(redeemed(&server), [REFRESH_TOKEN, "R2"]);
    let rotations = rotations.lock().unwrap();
    assert!(
        matches!(&rotations[..], [(two, Saved::InMemory), (three, Saved::InMemory)] if two == "R2" && three == "R3")
    );
}

#[tokio::test]
async fn new_refresh_token_keeps_the_format_of_its_file() {
    let server = Server::start(vec![rotated("A1", "R2")]).await;
    let folder = tempfile::tempdir().unwrap();
    let bare = TokenFile::new(folder.path().join("bare"));
    let login = TokenFile::new(folder.path().join("login.json"));
    bare.write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    login.write(&StoredLogin::of(&entra(&server), REFRESH_TOKEN)).unwrap();
    for file in [&bare, &login] {
        let (source, rotations) = recorded(RefreshToken::from_file(entra(&server), file.clone()));
        request(&source).await.unwrap();
        assert_eq!(stored(file), "R2");
        assert!(matches!(rotations.lock().unwrap()[..], [(_, Saved::InFile)]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(fs::read_to_string(bare.path()).unwrap(), "R2\n");
    assert_eq!(login.read().unwrap().unwrap().client_id.as_deref(), Some(CLIENT_ID));
}

#[tokio::test]
async fn two_sources_can_share_a_file() {
    // Like Entra: every response has a new refresh token, and the old one stays valid.
    let respond = |number: usize, request: &Request| {
        assert!(request.form["refresh_token"].starts_with('R'), "{request:?}");
        rotated(&format!("A{number}"), &format!("R{number}"))
    };
    let server = Server::responding(respond).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    file.write(&StoredLogin::new("R")).unwrap();
    let worker = || {
        let source = RefreshToken::from_file(entra(&server), file.clone());
        tokio::spawn(async move {
            for _ in 0..10 {
                request(&source).await.unwrap();
            }
        })
    };
    let (one, two) = (worker(), worker());
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(server.count(), 20);
    let last = stored(&file);
    assert!(["R18", "R19"].contains(&last.as_str()), "{last}");
}

#[tokio::test]
async fn file_is_read_for_each_request() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    let source = RefreshToken::from_file(entra(&server), file.clone());
    for refresh_token in ["R1", "R2"] {
        file.write(&StoredLogin::new(refresh_token)).unwrap();
        request(&source).await.unwrap();
    }
    assert_eq!(redeemed(&server), ["R1", "R2"]);
}

#[tokio::test]
async fn concurrent_sign_out_or_in_takes_precedence() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    // The server changes the file while the request is in flight.
    let (meddler, round) = (file.clone(), Mutex::new(0));
    let server = Server::responding(move |_, _| {
        let mut round = round.lock().unwrap();
        *round += 1;
        if *round == 1 {
            meddler.remove().unwrap();
        } else {
            let json = r#"{"client_id":"another","refresh_token":"theirs"}"#;
            fs::write(meddler.path(), json).unwrap();
        }
        rotated("A", "ours")
    })
    .await;
    for left in [None, Some("theirs")] {
        file.write(&StoredLogin::of(&entra(&server), REFRESH_TOKEN)).unwrap();
        let (source, rotations) = recorded(RefreshToken::from_file(entra(&server), file.clone()));
        request(&source).await.unwrap();
        assert!(matches!(rotations.lock().unwrap()[..], [(_, Saved::Superseded)]));
        let read = file.read().unwrap();
        assert_eq!(read.as_ref().map(|login| login.refresh_token.expose()), left);
    }
}

#[tokio::test]
async fn storage_failure_still_returns_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    file.write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    let meddler = file.clone();
    let server = Server::responding(move |_, _| {
        fs::remove_file(meddler.path()).unwrap();
        fs::create_dir(meddler.path()).unwrap();
        rotated(ACCESS_TOKEN, "R2")
    })
    .await;
    let (source, rotations) = recorded(RefreshToken::from_file(entra(&server), file));
    assert_eq!(request(&source).await.unwrap().expose(), ACCESS_TOKEN);
    let rotations = rotations.lock().unwrap();
    let [(_, Saved::Failed(error))] = &rotations[..] else { panic!("{rotations:?}") };
    assert!(shown(error).contains("cannot read token file"));
}

#[tokio::test]
async fn unusable_refresh_token_fails_before_sending() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    let source = RefreshToken::from_file(entra(&server), file.clone());
    let error = request(&source).await.unwrap_err();
    assert!(shown(&error).ends_with("token does not exist"), "{error}");
    assert_eq!(error.help(), "sign in first");

    fs::write(file.path(), r#"{"client_id":"another","refresh_token":"R1"}"#).unwrap();
    let line = shown(&request(&source).await.unwrap_err());
    assert!(line.ends_with(&format!("belongs to application another, not {CLIENT_ID}")), "{line}");

    let line = shown(&request(&RefreshToken::new(entra(&server), " ")).await.unwrap_err());
    assert_eq!(line, "the refresh token is empty");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn expired_refresh_token_requires_interaction() {
    let text = format!("The refresh token {REFRESH_TOKEN} has expired due to inactivity.");
    let server = Server::start(vec![refusal(400, "invalid_grant", 700_082, &text)]).await;
    let error = request(&RefreshToken::new(entra(&server), REFRESH_TOKEN)).await.unwrap_err();
    assert!(matches!(error, AuthError::InteractionRequired(_)));
    let line = shown(&error);
    assert!(
        line.starts_with(
            "interactive sign-in required: Entra refused the request (invalid_grant): AADSTS700082: "
        ),
        "{line}"
    );
    assert!(line.contains("The refresh token [secret] has expired"), "{line}");
}
