//! Redirects are not followed.

use partner_center_insights::ErrorKind;

use crate::client;
use crate::support::{REPORT_ID, Server, json, response};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

#[tokio::test]
async fn redirect_is_not_followed() {
    let target = Server::sending(json(200, "{}")).await;
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for status in STATUSES {
        let location = format!("Location: {}/login\r\n", target.url());
        server.send_next(response(status, &location, ""));
        let error = client.resume(REPORT_ID).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(status)));
        assert_eq!(server.count(), 1);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn redirect_error_names_the_target_without_query() {
    let location = "Location: https://login.example/start?client_id=secret\r\n";
    let server = Server::sending(response(302, location, "")).await;
    let message = client(&server).resume(REPORT_ID).await.unwrap_err().to_string();
    assert!(message.contains("https://login.example/start"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}
