//! Connections: how many there may be at once, how long a client may take to say what it wants, and how they end.
//!
//! - A client that sends its request too slowly is cut off: the head by the connection's timer, the body by
//!   [`TimedBody`], which the route then reports as a problem. One that does not read the answer is cut off too
//!   ([`Listening`]).
//! - A connection takes one of the process's open files, and the store needs some too: more clients than half of what
//!   the system allows are turned away.
//! - A request that is refused before all of it was read is still answered: what the client goes on sending is read and
//!   forgotten for a moment, since closing at once would make its system throw the answer away.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::listening::Listening;
use super::timed_body::TimedBody;

/// Bytes of the head of a request.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Clients, where the system does not say how many files may be open.
const CLIENTS_MAX: usize = 512;
/// What is read after the answer, and for how long.
const LINGER_BYTES_MAX: usize = 32 * 1024 * 1024;
const LINGER_MAX: Duration = Duration::from_secs(2);
/// How long no client is taken after the system has refused one.
const REFUSED_WAIT: Duration = Duration::from_millis(100);
/// For whom there is no room.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
    retry-after: 1\r\ncontent-length: 119\r\nconnection: close\r\n\r\n\
    {\"type\":\"urn:acquaint:problem:unavailable\",\"title\":\"the server cannot take this now\",\
    \"status\":503,\"detail\":\"crowded\"}  ";

/// What clients may ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At once.
    clients_max: usize,
    /// For the head of a request, again for its body, and again for taking some of the answer.
    request_max: Duration,
}

impl Limits {
    /// As many clients as the system has room for.
    pub(crate) fn new(request_max: Duration) -> Self {
        let files = std::fs::read_to_string("/proc/self/limits").ok().and_then(|limits| open_files(&limits));
        Self { clients_max: files.map_or(CLIENTS_MAX, |files| files / 2), request_max }
    }
}

/// How many files may be open, from what the system says of a process.
fn open_files(limits: &str) -> Option<usize> {
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// Serves until it is time to stop, and then until every request under way is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    until: impl Future<Output = ()> + Send,
) {
    let (stop, stopping) = watch::channel(());
    let mut clients = JoinSet::new();
    tokio::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => break,
            Some(_) = clients.join_next(), if !clients.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if clients.len() >= limits.clients_max => turn_away(&stream),
                Ok((stream, address)) => {
                    clients.spawn(client(stream, address, routes.clone(), limits.request_max, stopping.clone()));
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "a client cannot be let in");
                    tokio::time::sleep(REFUSED_WAIT).await;
                }
            }
        }
    }
    drop((listener, stopping));
    drop(stop);
    while clients.join_next().await.is_some() {}
}

/// Says so if it can be said at once; the client sees the connection closed in any case.
fn turn_away(stream: &TcpStream) {
    tracing::warn!("more clients than there is room for");
    let _told = stream.try_write(TURNED_AWAY);
}

async fn client(
    stream: TcpStream,
    address: SocketAddr,
    routes: Router,
    request_max: Duration,
    mut stopping: watch::Receiver<()>,
) {
    // An answer is written whole; nothing is gained by waiting for more.
    let _faster = stream.set_nodelay(true);
    let unread = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&unread);
    let service = service_fn(move |request: Request<Incoming>| {
        let timed = |body| Body::new(TimedBody::new(body, request_max, Arc::clone(&noted)));
        let mut request = request.map(timed);
        request.extensions_mut().insert(ConnectInfo(address));
        let answer = routes.clone().oneshot(request);
        Box::pin(async move { answer.await.map_err(|never: Infallible| never) })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(request_max)
        .max_buf_size(HEAD_BYTES_MAX)
        // Who has said everything may end its side, and still wants the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(Listening::new(stream, request_max)), service);
    let mut asked_to_stop = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            // The sender goes away, and says nothing before.
            _ = stopping.changed(), if !asked_to_stop => {
                asked_to_stop = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    if let Err(error) = &ended {
        tracing::debug!(error = error as &dyn std::error::Error, "a connection ended early");
    }
    if ended.is_err() || unread.load(Ordering::Relaxed) {
        linger(connection.into_parts().io.into_inner().into_inner()).await;
    }
}

/// Ends our side, and reads what still comes: bytes that nobody reads would turn into a reset, and a reset overtakes the
/// answer.
async fn linger(mut stream: TcpStream) {
    let ended = tokio::time::timeout(LINGER_MAX, async {
        stream.shutdown().await?;
        let (mut forgotten, mut buffer) = (0_usize, vec![0; 16 * 1024]);
        while forgotten < LINGER_BYTES_MAX {
            match stream.read(&mut buffer).await? {
                0 => break,
                bytes => forgotten = forgotten.saturating_add(bytes),
            }
        }
        std::io::Result::Ok(())
    });
    // Whoever has gone already needs no farewell.
    let _ = ended.await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_open_files_is_read() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n";
        assert_eq!(open_files(limits), Some(1_024));
        assert_eq!(open_files("Max open files unlimited unlimited files"), None);
        assert_eq!(open_files(""), None);
    }

    #[test]
    fn who_is_turned_away_gets_a_whole_answer() {
        let text = std::str::from_utf8(TURNED_AWAY).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["status"], 503);
    }
}
