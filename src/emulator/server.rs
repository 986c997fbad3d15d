//! Accepts connections, and closes those that a fault disconnects.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower_service::Service;

use super::response::Disconnect;
use super::tls::Tls;

const MAX_HEAD_BYTES: usize = 64 << 10;
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until the sender of `stopped` is dropped, then closes all connections.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return,
        };
        while connections.try_join_next().is_some() {}
        match stream {
            Ok((stream, _)) => {
                let (router, tls) = (router.clone(), tls.clone());
                connections.spawn(async move {
                    let _ = stream.set_nodelay(true);
                    match tls {
                        None => serve_connection(stream, router).await,
                        #[cfg(feature = "emulator-tls")]
                        Some(tls) => {
                            let handshake = tokio::time::timeout(HEAD_TIMEOUT, tls.acceptor.accept(stream));
                            // The client reports a failed handshake.
                            if let Ok(Ok(stream)) = handshake.await {
                                serve_connection(stream, router).await;
                            }
                        }
                        #[cfg(not(feature = "emulator-tls"))]
                        Some(never) => match never {},
                    }
                });
            }
            // The process may be out of file descriptors. Wait until others are closed.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let response: Result<Response<Body>, Infallible> = router.call(request).await;
            let Ok(response) = response;
            match response.extensions().get::<Disconnect>() {
                Some(Disconnect) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
                None => Ok(response),
            }
        }
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    // The client reports a broken connection.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
