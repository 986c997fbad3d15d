//! Refresh tokens: what is sent, and where the next one goes.

use std::fs;
use std::sync::{Arc, Mutex};

use partner_center_insights::auth::{
    AccessToken, AuthError, RefreshToken, Saved, StoredLogin, TokenFile, TokenRequest, TokenSource,
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::fake::{Request, Server};
use crate::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SCOPE, entra, refusal, rotated, shown, token,
};

async fn ask(source: &RefreshToken) -> Result<AccessToken, AuthError> {
    source.token(TokenRequest::new(SCOPE)).await
}

/// The refresh tokens that Entra saw.
fn redeemed(server: &Server) -> Vec<String> {
    server.requests().into_iter().map(|request| request.form["refresh_token"].clone()).collect()
}

fn kept(file: &TokenFile) -> String {
    file.read().unwrap().unwrap().refresh_token.expose_secret().to_owned()
}

/// What the source tells of its rotations.
fn told(source: RefreshToken) -> (RefreshToken, Arc<Mutex<Vec<(String, Saved)>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = told.clone();
    let source = source.on_rotation(move |rotation| {
        let token = rotation.refresh_token.expose_secret().to_owned();
        teller.lock().unwrap().push((token, rotation.saved));
    });
    (source, told)
}

#[tokio::test]
async fn a_refresh_token_is_sent_as_the_protocol_says_with_a_secret_only_if_there_is_one() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    assert_eq!(ask(&RefreshToken::new(entra(&server), REFRESH_TOKEN)).await.unwrap().expose(), ACCESS_TOKEN);
    ask(&RefreshToken::new(entra(&server), REFRESH_TOKEN).client_secret(CLIENT_SECRET)).await.unwrap();

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
async fn a_new_refresh_token_is_used_from_memory_and_told_of() {
    let server = Server::start(vec![rotated("A1", "R2"), rotated("A2", "R3")]).await;
    let (source, told) = told(RefreshToken::new(entra(&server), REFRESH_TOKEN));
    ask(&source).await.unwrap();
    ask(&source).await.unwrap();
    assert_eq!(redeemed(&server), [REFRESH_TOKEN, "R2"]);
    let told = told.lock().unwrap();
    assert!(
        matches!(&told[..], [(two, Saved::InMemory), (three, Saved::InMemory)] if two == "R2" && three == "R3")
    );
}

#[tokio::test]
async fn a_new_refresh_token_goes_back_to_its_file_in_the_form_that_it_had() {
    let server = Server::start(vec![rotated("A1", "R2")]).await;
    let folder = tempfile::tempdir().unwrap();
    let bare = TokenFile::new(folder.path().join("bare"));
    let login = TokenFile::new(folder.path().join("login.json"));
    bare.write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    login.write(&StoredLogin::of(&entra(&server), REFRESH_TOKEN)).unwrap();
    for file in [&bare, &login] {
        let (source, told) = told(RefreshToken::from_file(entra(&server), file.clone()));
        ask(&source).await.unwrap();
        assert_eq!(kept(file), "R2");
        assert!(matches!(told.lock().unwrap()[..], [(_, Saved::InFile)]));
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
async fn two_processes_on_one_file_both_get_a_token_and_leave_a_whole_one() {
    // As Entra does: every request brings a refresh token of its own, and the old one stays good.
    let answer = |number: usize, request: &Request| {
        assert!(request.form["refresh_token"].starts_with('R'), "{request:?}");
        rotated(&format!("A{number}"), &format!("R{number}"))
    };
    let server = Server::answering(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    file.write(&StoredLogin::new("R")).unwrap();
    let worker = || {
        let source = RefreshToken::from_file(entra(&server), file.clone());
        tokio::spawn(async move {
            for _ in 0..10 {
                ask(&source).await.unwrap();
            }
        })
    };
    let (one, two) = (worker(), worker());
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(server.count(), 20);
    let last = kept(&file);
    assert!(["R18", "R19"].contains(&last.as_str()), "{last}");
}

#[tokio::test]
async fn the_file_is_read_anew_for_each_token() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    let source = RefreshToken::from_file(entra(&server), file.clone());
    for refresh_token in ["R1", "R2"] {
        file.write(&StoredLogin::new(refresh_token)).unwrap();
        ask(&source).await.unwrap();
    }
    assert_eq!(redeemed(&server), ["R1", "R2"]);
}

#[tokio::test]
async fn who_signed_out_or_in_meanwhile_is_not_overruled() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    // The server is the one who does it, while the request is under way.
    let (meddler, round) = (file.clone(), Mutex::new(0));
    let server = Server::answering(move |_, _| {
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
        let (source, told) = told(RefreshToken::from_file(entra(&server), file.clone()));
        ask(&source).await.unwrap();
        assert!(matches!(told.lock().unwrap()[..], [(_, Saved::Superseded)]));
        let read = file.read().unwrap();
        assert_eq!(read.as_ref().map(|login| login.refresh_token.expose_secret()), left);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_kept_is_told_of_and_the_access_token_still_good() {
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    file.write(&StoredLogin::new(REFRESH_TOKEN)).unwrap();
    let meddler = file.clone();
    let server = Server::answering(move |_, _| {
        fs::remove_file(meddler.path()).unwrap();
        fs::create_dir(meddler.path()).unwrap();
        rotated(ACCESS_TOKEN, "R2")
    })
    .await;
    let (source, told) = told(RefreshToken::from_file(entra(&server), file));
    assert_eq!(ask(&source).await.unwrap().expose(), ACCESS_TOKEN);
    let told = told.lock().unwrap();
    let [(_, Saved::Failed(error))] = &told[..] else { panic!("{told:?}") };
    assert!(shown(error).contains("cannot read the token file"));
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_sent() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let folder = tempfile::tempdir().unwrap();
    let file = TokenFile::new(folder.path().join("token"));
    let source = RefreshToken::from_file(entra(&server), file.clone());
    let line = shown(&ask(&source).await.unwrap_err());
    assert!(line.starts_with("there is no token file") && line.ends_with("sign in first"), "{line}");

    fs::write(file.path(), r#"{"client_id":"another","refresh_token":"R1"}"#).unwrap();
    let line = shown(&ask(&source).await.unwrap_err());
    assert!(line.contains("is of the application another") && line.contains(CLIENT_ID), "{line}");

    let line = shown(&ask(&RefreshToken::new(entra(&server), " ")).await.unwrap_err());
    assert_eq!(line, "the refresh token is empty; give the token alone, or sign in again");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_refresh_token_that_has_ended_means_signing_in_again() {
    let text = format!("The refresh token {REFRESH_TOKEN} has expired due to inactivity.");
    let server = Server::start(vec![refusal(400, "invalid_grant", 700_082, &text)]).await;
    let error = ask(&RefreshToken::new(entra(&server), REFRESH_TOKEN)).await.unwrap_err();
    assert!(matches!(error, AuthError::InteractionRequired(_)));
    let line = shown(&error);
    assert!(
        line.starts_with("somebody has to sign in again: Entra refused (invalid_grant): AADSTS700082: "),
        "{line}"
    );
    assert!(line.contains("The refresh token [secret] has expired"), "{line}");
}
