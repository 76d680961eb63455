//! A mailbox on loopback: takes mail by SMTP, keeps it in memory, and shows it as a reader would.
//!
//! Stands in for the relay and for the partner's own mail server, in the sandbox and in tests. It can be told to
//! answer a command otherwise ([`Said`]).

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Bytes of one line, and of one mail, that are taken. RFC 5321, section 4.5.3.1: a line has 1,000 at most; chosen:
/// a mail without attachments has no more than these.
const LINE_MAX: u64 = 1_000;
const MAIL_MAX: usize = 1 << 20;

/// Mails that are kept; older ones go. Chosen: a sandbox sends a few dozen.
const MAILS_MAX: usize = 500;

/// A mail as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom the envelope says it goes.
    pub to: Vec<String>,
    /// Its header fields in their order, unfolded, with words of RFC 2047 decoded.
    pub headers: Vec<(String, String)>,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// Everything as it came, CRLF and all.
    pub raw: String,
}

impl Mail {
    /// A header field's value, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The language in which it is written, as its HTML says it: `fr-CA`.
    pub fn language(&self) -> Option<&str> {
        let (_, rest) = self.html.split_once("<html lang=\"")?;
        rest.split('"').next()
    }

    /// The addresses of pages that the plain text names.
    pub fn links(&self) -> Vec<&str> {
        self.text.split_whitespace().filter(|word| word.starts_with("http")).collect()
    }
}

/// What the mailbox says to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// What a mail server says.
    Usual,
    /// This line instead.
    Line(&'static str),
    /// Nothing more: it hangs up.
    HangUp,
    /// Nothing more, and stays on the line.
    Silence,
}

/// Decides what is said to a line of the dialogue: a command, `(connect)` at its beginning, or `(data)` behind a mail.
pub type Manner = Arc<dyn Fn(&str) -> Said + Send + Sync>;

/// The mailbox. It takes mail until it is dropped.
pub struct Mailbox {
    address: SocketAddr,
    kept: Arc<Kept>,
    serving: JoinHandle<()>,
}

struct Kept {
    mails: Mutex<Vec<Mail>>,
    manner: Mutex<Manner>,
    came: Notify,
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailbox({})", self.address)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Mailbox {
    /// A mailbox on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let kept = Arc::new(Kept {
            mails: Mutex::default(),
            manner: Mutex::new(Arc::new(|_| Said::Usual)),
            came: Notify::new(),
        });
        let keeping = Arc::clone(&kept);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let keeping = Arc::clone(&keeping);
                tokio::spawn(async move {
                    // Whoever hangs up in the middle has sent nothing.
                    let _ = Dialogue::new(stream, keeping).run().await;
                });
            }
        });
        Ok(Self { address, kept, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it says this.
    pub fn behave(&self, manner: impl Fn(&str) -> Said + Send + Sync + 'static) {
        *self.kept.manner.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(manner);
    }

    /// Lays a mail there that came before.
    pub fn put(&self, to: Vec<String>, raw: String) {
        self.kept.mails.lock().unwrap_or_else(PoisonError::into_inner).push(read(to, raw));
    }

    /// What came, the oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.kept.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until at least `count` mails have come.
    pub async fn wait(&self, count: usize) -> Vec<Mail> {
        loop {
            let came = self.kept.came.notified();
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            came.await;
        }
    }
}

/// What became of a line of the dialogue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    /// It was answered as usual.
    On,
    /// It was answered otherwise: what it asked for is not done.
    Otherwise,
    /// Nobody is on the line any more.
    Away,
}

/// One connection.
struct Dialogue {
    stream: BufStream<TcpStream>,
    kept: Arc<Kept>,
    to: Vec<String>,
}

impl Dialogue {
    fn new(stream: TcpStream, kept: Arc<Kept>) -> Self {
        Self { stream: BufStream::new(stream), kept, to: Vec::new() }
    }

    async fn run(mut self) -> io::Result<()> {
        if self.say("(connect)", "220 mailbox.invalid ESMTP").await? == Went::Away {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if (&mut self.stream).take(LINE_MAX).read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let upper = line.to_ascii_uppercase();
            let usual = match upper.get(..4).unwrap_or_default() {
                "EHLO" | "HELO" => "250-mailbox.invalid\r\n250 8BITMIME",
                "MAIL" | "RSET" | "NOOP" => "250 OK",
                "RCPT" => "250 OK",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "502 not here",
            };
            let went = self.say(line, usual).await?;
            if went == Went::Away || upper.starts_with("QUIT") {
                return Ok(());
            }
            if went == Went::Otherwise {
                continue;
            }
            if upper.starts_with("MAIL") {
                self.to.clear();
            } else if let Some(address) = address(line).filter(|_| upper.starts_with("RCPT")) {
                self.to.push(address.to_owned());
            } else if upper.starts_with("DATA") && !self.take().await? {
                return Ok(());
            }
        }
    }

    /// Answers one line.
    async fn say(&mut self, line: &str, usual: &'static str) -> io::Result<Went> {
        let manner = Arc::clone(&self.kept.manner.lock().unwrap_or_else(PoisonError::into_inner));
        let (said, went) = match manner(line) {
            Said::Usual => (usual, Went::On),
            Said::Line(other) => (other, Went::Otherwise),
            Said::HangUp => return Ok(Went::Away),
            Said::Silence => {
                // Until the other side goes away.
                while self.stream.read(&mut [0; 256]).await? > 0 {}
                return Ok(Went::Away);
            }
        };
        self.stream.write_all(said.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await?;
        Ok(went)
    }

    /// Takes the mail that follows DATA; false when it has hung up.
    async fn take(&mut self) -> io::Result<bool> {
        let mut raw = String::new();
        loop {
            let mut line = String::new();
            let read = (&mut self.stream).take(LINE_MAX).read_line(&mut line).await?;
            if read == 0 || raw.len() + read > MAIL_MAX {
                return Ok(false);
            }
            if line == ".\r\n" {
                break;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let manner = Arc::clone(&self.kept.manner.lock().unwrap_or_else(PoisonError::into_inner));
        if manner("(data)") == Said::Usual {
            let mail = read(std::mem::take(&mut self.to), raw);
            let mut mails = self.kept.mails.lock().unwrap_or_else(PoisonError::into_inner);
            if mails.len() >= MAILS_MAX {
                mails.remove(0);
            }
            mails.push(mail);
            self.kept.came.notify_waiters();
        }
        Ok(self.say("(data)", "250 taken").await? != Went::Away)
    }
}

fn address(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once('<')?;
    rest.split_once('>').map(|(address, _)| address)
}

/// A mail as a reader shows it.
fn read(to: Vec<String>, raw: String) -> Mail {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap_or((&raw, ""));
    let headers = headers(head);
    let (mut text, mut html) = (String::new(), String::new());
    let boundary = value(&headers, "content-type")
        .and_then(|ty| ty.split_once("boundary="))
        .map(|(_, rest)| rest.trim_start_matches('"').split(['"', ';']).next().unwrap_or_default().to_owned());
    match boundary {
        Some(boundary) => {
            for part in body.split(&format!("--{boundary}")).skip(1) {
                let (head, body) = part.split_once("\r\n\r\n").unwrap_or((part, ""));
                let fields = self::headers(head);
                let shown = decoded(&fields, body.strip_suffix("\r\n").unwrap_or(body));
                match value(&fields, "content-type") {
                    Some(ty) if ty.starts_with("text/plain") => text = shown,
                    Some(ty) if ty.starts_with("text/html") => html = shown,
                    _ => {}
                }
            }
        }
        None => text = decoded(&headers, body),
    }
    Mail { to, headers, text, html, raw }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let fields = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
    fields.map(|(name, value)| (name.trim().to_owned(), words(value.trim()))).collect()
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A body without its transfer encoding, its lines ending in `\n`.
fn decoded(headers: &[(String, String)], body: &str) -> String {
    let bytes = match value(headers, "content-transfer-encoding").map(str::to_ascii_lowercase).as_deref() {
        Some("quoted-printable") => quoted(&body.replace("=\r\n", "")),
        Some("base64") => BASE64.decode(body.replace("\r\n", "")).unwrap_or_default(),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

/// Decodes `=XX`.
fn quoted(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'=' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// Decodes `=?utf-8?b?…?=` and `=?utf-8?q?…?=` (RFC 2047); space between two of them goes.
fn words(value: &str) -> String {
    let (mut shown, mut rest, mut was_word) = (String::new(), value, false);
    while let Some((before, behind)) = rest.split_once("=?") {
        let mut parts = behind.splitn(4, '?');
        let (Some(_), Some(kind), Some(text), Some(tail)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            break;
        };
        let bytes = match kind {
            "b" | "B" => BASE64.decode(text).unwrap_or_default(),
            _ => quoted(&text.replace('_', " ")),
        };
        if !(was_word && before.trim().is_empty()) {
            shown.push_str(before);
        }
        shown.push_str(&String::from_utf8_lossy(&bytes));
        rest = tail.strip_prefix('=').unwrap_or(tail);
        was_word = true;
    }
    shown + rest
}
