//! A redirect is an answer, not a place to go.

use partner_center_insights::ErrorKind;

use crate::server::Server;
use crate::{ID, client};

#[tokio::test]
async fn a_redirect_is_an_error_that_shows_where_it_pointed_and_nothing_reaches_that_place() {
    let elsewhere = Server::sending("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let target = format!("{}/login?client_id=secret", elsewhere.url());
        let answer = format!("HTTP/1.1 {status}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::sending(answer).await;
        let error = client(&server.url()).resume(ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{status}");
        assert_eq!(error.status().map(|code| code.to_string()).as_deref(), status.get(..3));
        let message = error.to_string();
        assert!(message.contains(&format!("{}/login", elsewhere.url())), "{message}");
        assert!(!message.contains("secret"), "{message}");
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}
