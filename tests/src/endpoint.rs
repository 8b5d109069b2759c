//! An HTTP server of a test: a function says what is answered.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::{Context, Result};

/// What came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// With its query.
    pub path: String,
    headers: Vec<(String, String)>,
    /// As it travelled.
    pub body: Vec<u8>,
}

impl Request {
    /// Nothing: the connection has ended.
    fn read(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).context("no path")?.to_owned();
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { path, headers, body: Vec::new() };
        let length = request.header("content-length").unwrap_or("0").parse()?;
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Listens on a free port of loopback until the process ends; its address. The function gives a status and a body.
pub fn serve(answer: impl Fn(&Request) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A connection ends with an error when the other side goes away: nobody needs to know.
            std::thread::spawn(move || converse(stream, &*answer).ok());
        }
    });
    Ok(url)
}

fn converse(mut stream: TcpStream, answer: &dyn Fn(&Request) -> (u16, Vec<u8>)) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = Request::read(&mut reader)? {
        let (status, body) = answer(&request);
        let head = format!("HTTP/1.1 {status} \r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.into_bytes(), body].concat())?;
    }
    Ok(())
}
