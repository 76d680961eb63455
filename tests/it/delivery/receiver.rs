//! A receiver on loopback that answers as a script says, byte by byte: also what no decent server would.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use lariat::security::signature::SignatureHeaders;
use lariat::security::url_guard::{GuardedUrl, UrlPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What arrived.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) head: String,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn signature(&self) -> SignatureHeaders {
        let header = |name: &str| self.headers.get(name).cloned().unwrap_or_default();
        SignatureHeaders {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A status and one header.
    Status(u16, &'static str, String),
    /// Closes the connection after it has read the request.
    Drop,
    /// Status and headers, then never the body.
    Stall,
    /// A body without end.
    EndlessBody,
    /// Headers without end.
    EndlessHeaders,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Status(status, "x-nothing", String::new())
    }
}

type Script = Arc<dyn Fn(usize, &Request) -> Reply + Send + Sync>;

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
    /// Notified when a client has closed a connection under an endless answer.
    pub(super) cut: Arc<Notify>,
}

impl Receiver {
    /// Starts one; the script gets the number of the request, from 0, and the request.
    pub(super) async fn start(script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), seen: Arc::default(), cut: Arc::default() };
        let script: Script = Arc::new(script);
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (receiver, script) = (serving.clone(), script.clone());
                tokio::spawn(async move { receiver.answer(stream, script).await });
            }
        });
        receiver
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn url(&self) -> GuardedUrl {
        let policy = UrlPolicy { allow_loopback: true, ..UrlPolicy::default() };
        GuardedUrl::parse(&format!("http://{}/hook", self.address), &policy).unwrap()
    }

    async fn answer(self, mut stream: TcpStream, script: Script) {
        let Ok(request) = read(&mut stream).await else { return };
        let reply = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(request.clone());
            script(seen.len() - 1, &request)
        };
        match reply {
            Reply::Status(status, name, value) => {
                let head = format!(
                    "HTTP/1.1 {status} Answer\r\n{name}: {value}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                );
                let _ = stream.write_all(head.as_bytes()).await;
            }
            Reply::Drop => drop(stream),
            Reply::Stall => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx").await;
                let _ = stream.read(&mut [0; 16]).await;
                self.cut.notify_one();
            }
            Reply::EndlessBody => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                self.cut.notify_one();
            }
            Reply::EndlessHeaders => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
                while stream.write_all(b"x-more: and more\r\n").await.is_ok() {}
                self.cut.notify_one();
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> io::Result<Request> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let headers: HashMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = bytes.split_off(end + 4);
            let have = body.len();
            body.resize(length, 0);
            stream.read_exact(&mut body[have..]).await?;
            return Ok(Request { head, headers, body });
        }
        // 0x16 opens a TLS handshake, which this receiver does not speak.
        if stream.read_buf(&mut bytes).await? == 0 || bytes[0] == 0x16 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
