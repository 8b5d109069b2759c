//! A way to a server that can be made to fail: it passes bytes on in both directions, until it is told to break off in the
//! middle of answers, or to let nobody in.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

/// A way to a server.
#[derive(Clone, Debug)]
pub struct Faulty {
    /// Its own address.
    pub url: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// Bytes of each answer that pass; the connection is cut behind them.
    passing: AtomicU64,
    /// Connections that were cut.
    cut: AtomicU64,
}

impl Faulty {
    /// A way to the server at this address, `http://127.0.0.1:PORT`.
    pub fn to(url: &str) -> Result<Self> {
        let server = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(State { passing: AtomicU64::new(u64::MAX), cut: AtomicU64::new(0) });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (state, server) = (Arc::clone(&serving), server.clone());
                // A connection that ends in whatever way is what this is for.
                std::thread::spawn(move || connect(client, &server, &state).ok());
            }
        });
        Ok(Self { url, state })
    }

    /// From now on connections are cut behind so many bytes of answers.
    pub fn cut_behind(&self, bytes: u64) {
        self.state.passing.store(bytes, Ordering::SeqCst);
    }

    /// From now on everything passes.
    pub fn mend(&self) {
        self.cut_behind(u64::MAX);
    }

    /// How many connections were cut.
    pub fn cut(&self) -> u64 {
        self.state.cut.load(Ordering::SeqCst)
    }
}

fn connect(client: TcpStream, server: &str, state: &State) -> Result<()> {
    let server = TcpStream::connect(server)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ended = std::io::copy(&mut from_client, &mut to_server);
        to_server.shutdown(Shutdown::Write)
    });
    let (mut from_server, mut to_client) = (server, client);
    let mut buffer = [0; 16 * 1024];
    let mut passed = 0_u64;
    loop {
        let read = from_server.read(&mut buffer)?;
        let room = state.passing.load(Ordering::SeqCst).saturating_sub(passed);
        let passing = read.min(usize::try_from(room).unwrap_or(usize::MAX));
        to_client.write_all(buffer.get(..passing).unwrap_or_default())?;
        passed = passed.saturating_add(u64::try_from(passing)?);
        if passing < read {
            state.cut.fetch_add(1, Ordering::SeqCst);
        }
        if read == 0 || passing < read {
            // Both sides hear of it.
            to_client.shutdown(Shutdown::Both)?;
            return Ok(from_server.shutdown(Shutdown::Both)?);
        }
    }
}
