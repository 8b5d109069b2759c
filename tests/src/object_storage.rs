//! Object storage that speaks S3 and checks signatures: SeaweedFS, in one process. Files are put into it by its own side
//! door, so that what reads them is the only client of S3.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;
use crate::wait;

/// Who may do everything: key and secret.
pub const OWNER: (&str, &str) = ("owner", "owner-secret");
/// Who may see what is there and read none of it.
pub const LISTER: (&str, &str) = ("lister", "lister-secret");
/// The bucket of the tests.
pub const BUCKET: &str = "lake";

/// Ports that one needs, in the order of [`arguments`].
const PORTS: usize = 9;

/// A running one.
#[derive(Debug)]
pub struct ObjectStorage {
    /// Where it speaks S3.
    pub url: String,
    side_door: Client,
    _process: Process,
}

impl ObjectStorage {
    /// Starts it in a folder and waits until files can be put into it.
    pub fn start(environment: &Environment, folder: &Path) -> Result<Self> {
        let (data, identities) = (folder.join("weed"), folder.join("identities.json"));
        std::fs::create_dir_all(&data)?;
        let identity = |(key, secret): (&str, &str), actions: &[&str]| json!({"name": key, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions});
        let all = [
            identity(OWNER, &["Admin", "Read", "Write", "List"]),
            identity(LISTER, &[&format!("List:{BUCKET}")]),
        ];
        std::fs::write(&identities, json!({ "identities": all }).to_string())?;
        let ports = free_ports()?;
        let mut command = Command::new(environment.python.with_file_name("weed"));
        command.arg("server").args(arguments(&ports)).current_dir(folder);
        command.arg(format!("-dir={}", data.display())).arg(format!("-s3.config={}", identities.display()));
        let mut process = Process::start("object-storage", folder, &mut command)?;
        let url = |port: usize| format!("http://127.0.0.1:{}", ports.get(port).copied().unwrap_or_default());
        let (s3, side_door) = (url(S3), Client::new(&url(FILER)));
        wait::until("object storage", Duration::from_secs(90), || {
            if let Some(status) = process.ended()? {
                anyhow::bail!("object storage ended with {status}: {}", process.errors());
            }
            // Who does not sign is refused, by whoever is ready to.
            let speaks = Client::new(&s3).get("/").is_ok_and(|answer| answer.status == 403);
            let path = format!("/buckets/{BUCKET}/ready");
            let takes =
                || side_door.put_bytes(&path, "text/plain", b"ready").is_ok_and(|put| put.status == 201);
            Ok((speaks && takes()).then_some(()))
        })?;
        Ok(Self { url: s3, side_door, _process: process })
    }

    /// Puts a file into the bucket, in the place of what was there.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let path = format!("/buckets/{BUCKET}/{key}");
        let put = self.side_door.put_bytes(&path, "application/octet-stream", bytes)?;
        ensure!(put.status == 201, "status {}: {}", put.status, put.body);
        Ok(())
    }

    /// What is in a file of the bucket, as text; nothing if it is not there.
    pub fn text(&self, key: &str) -> Result<Option<String>> {
        let answer = ureq::get(format!("{}/buckets/{BUCKET}/{key}", self.side_door.base())).call();
        match answer {
            Ok(mut answer) => Ok(Some(answer.body_mut().read_to_string()?)),
            Err(ureq::Error::StatusCode(404)) => Ok(None),
            Err(error) => Err(error).context("reading from object storage"),
        }
    }
}

/// The definition of a connection.
pub fn connection(id: &str, endpoint: &str, (key, secret): (&str, &str)) -> Value {
    json!({"kind": "connection", "id": id, "type": "s3", "endpoint": endpoint, "accessKeyId": key,
        "secretAccessKey": secret, "allowPrivateNetwork": true})
}

const FILER: usize = 4;
const S3: usize = 6;

fn arguments(ports: &[u16]) -> Vec<String> {
    let names = [
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "s3.port",
        "s3.port.grpc",
        "metricsPort",
    ];
    let fixed = [
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-filer",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=100",
    ];
    let ports = names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}"));
    fixed.into_iter().map(str::to_owned).chain(ports).collect()
}

/// Ports that nobody listens on now.
fn free_ports() -> Result<Vec<u16>> {
    let held: Vec<TcpListener> =
        (0..PORTS).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    Ok(held.iter().map(|held| Ok(held.local_addr()?.port())).collect::<std::io::Result<_>>()?)
}
