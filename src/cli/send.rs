//! `lariat send`: hands a referral to a running Lariat and waits until it is stored.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::exit::{Exit, Failure, Problem};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::{duration, input, until_interrupted};

/// Rules by which a server refuses something that is well-formed; other 422 are errors of the input.
const KEY_REUSED: &str = "R-KEY-REUSED";

const TWICE: &str = "Sent twice with one key, a referral is stored once, and both answers are the same. Without
--idempotency-key the key is the hash of the content, so sending the same file again is safe.";

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat send fixtures/json-referral/0-received.json --to http://127.0.0.1:8080 --key-file key
  lariat send bundle.json --to https://lariat.example --key-file key --idempotency-key visit-4711
  cat bundle.json | lariat send - --to https://lariat.example --key-file key --json",
    after_help = format!("{TWICE}\n\n{}", ending(
        &[
            Exit::Done,
            Exit::Usage,
            Exit::Input,
            Exit::Denied,
            Exit::NotFound,
            Exit::Refused,
            Exit::Remote,
            Exit::Interrupted,
        ],
        "fixtures/README.md",
    ))
)]
pub(super) struct Args {
    /// The referral, or `-` for standard input
    #[arg(value_name = "FILE", help_heading = "Input")]
    file: String,
    /// The server's base URL
    #[arg(long, value_name = "URL", help_heading = "Server")]
    to: String,
    /// What the file is
    #[arg(long = "as", value_enum, default_value_t = Form::Auto, value_name = "FORM", help_heading = "Input")]
    form: Form,
    /// A file that holds the API key, or `-` for standard input
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    key_file: Option<String>,
    /// The submission's own key; the hash of the content when absent
    #[arg(long, value_name = "KEY", help_heading = "Server")]
    idempotency_key: Option<String>,
    /// What to wait for: `stored` is when the receipt comes
    #[arg(long, value_name = "WHAT", default_value = "stored", value_parser = awaited, help_heading = "Server")]
    wait: Wait,
    /// How long to wait for it, with its unit: ms, s or m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration::parse, help_heading = "Server")]
    timeout: Duration,
    /// Where the answer goes, instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// FHIR when it names a resourceType, else native JSON
    Auto,
    /// A FHIR transaction Bundle, or one resource
    Fhir,
    /// Native JSON
    Json,
}

/// What a sender waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// The server's receipt: the referral is on disk.
    Stored,
}

/// Who asks for `delivered` is told why there is no such thing, and what there is.
fn awaited(text: &str) -> Result<Wait, String> {
    match text {
        "stored" => Ok(Wait::Stored),
        "delivered" => Err("no door says that a message was delivered: wait for `stored`, then follow the Task \
                            that the receipt names"
            .to_owned()),
        _ => Err("it can only be `stored`".to_owned()),
    }
}

pub(super) fn run(output: &Output, args: &Args) -> Result<(), Failure> {
    if args.file == input::STDIN && args.key_file.as_deref() == Some(input::STDIN) {
        let fix = "put the key into a file: --key-file FILE";
        return Err(Failure::new(
            Exit::Usage,
            "stdin",
            "standard input cannot be both the referral and the key",
            fix,
        ));
    }
    let key = args.key_file.as_deref().map(api_key).transpose()?;
    let body = input::read(&args.file)?;
    let (url, media) = target(args, &body)?;
    let idempotency_key = args.idempotency_key.clone().unwrap_or_else(|| {
        let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256-{digest}")
    });
    if !output.is_json() {
        output.note(&format!("Idempotency-Key: {idempotency_key}"));
    }
    let Wait::Stored = args.wait;
    let post = Post { url, media, key, idempotency_key: idempotency_key.clone(), body, timeout: args.timeout };
    let safe = "it may be stored: send it again with the same key, it is stored once";
    let answer = until_interrupted(safe, post.send())?;
    answer.judge()?;
    let text = answer.text(output.is_json(), &idempotency_key);
    match &args.out {
        // A receipt that cannot be written to its file is shown all the same.
        Some(path) => {
            let written = input::write(path, text.as_bytes());
            written.or_else(|failure| output.result(&text).and(Err(failure)))
        }
        None => output.result(&text),
    }
}

fn api_key(file: &str) -> Result<String, Failure> {
    let text = String::from_utf8(input::read(file)?).ok();
    let key =
        text.as_deref().map(str::trim).filter(|key| !key.is_empty() && key.bytes().all(|b| b.is_ascii_graphic()));
    key.map(str::to_owned).ok_or_else(|| {
        Failure::new(Exit::Usage, "key-file", "the file holds no API key", "put the key into it, on one line")
            .at(file)
    })
}

/// Where it goes, and as which media type.
fn target(args: &Args, body: &[u8]) -> Result<(Url, &'static str), Failure> {
    let resource = serde_json::from_slice::<Value>(body).ok().and_then(|value| match &value["resourceType"] {
        Value::String(name) => Some(name.clone()),
        _ => None,
    });
    let (path, media) = match (args.form, resource.as_deref()) {
        (Form::Json, _) | (Form::Auto, None) => ("/json/referrals".to_owned(), "application/json"),
        (Form::Fhir, None | Some("Bundle")) | (Form::Auto, Some("Bundle")) => {
            ("/fhir".to_owned(), "application/fhir+json")
        }
        (Form::Fhir | Form::Auto, Some(name)) if name.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            (format!("/fhir/{name}"), "application/fhir+json")
        }
        (Form::Fhir | Form::Auto, Some(_)) => ("/fhir".to_owned(), "application/fhir+json"),
    };
    let url = Url::parse(&format!("{}{path}", args.to.trim_end_matches('/')));
    let url = url.ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let fix = "write the server's base URL: --to http://127.0.0.1:8080";
    Ok((url.ok_or_else(|| Failure::new(Exit::Usage, "to", "this is not a server's base URL", fix))?, media))
}

struct Post {
    url: Url,
    media: &'static str,
    key: Option<String>,
    idempotency_key: String,
    body: Vec<u8>,
    timeout: Duration,
}

impl Post {
    async fn send(self) -> Result<Answer, Failure> {
        #[expect(clippy::disallowed_methods, reason = "a person's own request to the address that they name")]
        let client = reqwest::Client::builder()
            .user_agent(concat!("lariat-send/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(self.timeout)
            .build()
            .map_err(|error| anyhow::Error::new(error).context("the HTTP client cannot be set up"))?;
        let request = client
            .post(self.url)
            .header("content-type", self.media)
            .header("idempotency-key", self.idempotency_key)
            .body(self.body);
        let request = match self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let answer = request.send().await.map_err(|error| unreachable_server(&error))?;
        let status = answer.status().as_u16();
        let again = answer.headers().contains_key(RETRY_AFTER);
        let body = answer.bytes().await.map_err(|error| unreachable_server(&error))?.to_vec();
        Ok(Answer { status, again, body })
    }
}

/// What the network did, without the URL: it may hold what should not be shown.
fn unreachable_server(error: &reqwest::Error) -> Failure {
    let message = if error.is_timeout() {
        "the server did not answer in time; it may have stored the referral"
    } else if error.is_connect() {
        "the server cannot be reached"
    } else {
        "the connection broke before the answer was whole; the server may have stored the referral"
    };
    Failure::new(Exit::Remote, "remote", message, "send it again with the same key: it is stored once")
}

struct Answer {
    status: u16,
    /// Whether it said when to try again.
    again: bool,
    body: Vec<u8>,
}

impl Answer {
    /// A 2xx is a receipt; anything else ends the command with the code of its kind.
    fn judge(&self) -> Result<(), Failure> {
        let problems = problems(&self.body);
        let (exit, code, fix) = match self.status {
            200..=299 => return Ok(()),
            401 | 403 => (Exit::Denied, "denied", "check the key in --key-file, and its scopes"),
            404 | 410 => (Exit::NotFound, "not-found", "check --to: the server's base URL"),
            409 if self.again => (Exit::Remote, "remote", "send it again, with the same key"),
            409 | 412 => (Exit::Refused, "refused", "look at what is stored, and decide again"),
            422 if problems.iter().any(|problem| problem.rule == KEY_REUSED) => {
                (Exit::Refused, "key-reused", "give the changed referral a key of its own: --idempotency-key")
            }
            400 | 413 | 415 | 422 => (Exit::Input, "input", "mend it and send it again"),
            408 | 429 | 500..=599 => (Exit::Remote, "remote", "send it again later, with the same key"),
            _ => (Exit::Failed, "answer", "check --to: this may be no Lariat"),
        };
        Err(Failure::new(exit, code, format!("the server answered {}", self.status), fix).with(problems))
    }

    /// The receipt as the server wrote it, or within one object.
    fn text(&self, json: bool, idempotency_key: &str) -> String {
        let text = String::from_utf8_lossy(&self.body);
        if !json {
            return text.into_owned();
        }
        let answer = serde_json::from_slice(&self.body).unwrap_or_else(|_| Value::from(text));
        let (schema, status) = ("lariat/send/1", self.status);
        json!({ "schema": schema, "status": status, "idempotency_key": idempotency_key, "answer": answer })
            .to_string()
    }
}

/// What an OperationOutcome or problem+json says is wrong.
fn problems(body: &[u8]) -> Vec<Problem> {
    let value: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
    list("issue").iter().map(of_outcome).chain(list("errors").iter().map(of_problem_json)).collect()
}

fn of_outcome(issue: &Value) -> Problem {
    let diagnostics = issue["diagnostics"].as_str().unwrap_or_default();
    let (rule, fix) = diagnostics.split_once(": ").unwrap_or(("", diagnostics));
    Problem {
        rule: rule.to_owned(),
        severity: text(&issue["severity"]),
        at: text(&issue["expression"][0]),
        message: text(&issue["details"]["text"]),
        fix: fix.to_owned(),
    }
}

fn of_problem_json(error: &Value) -> Problem {
    Problem {
        rule: text(&error["rule"]),
        severity: text(&error["severity"]),
        at: text(&error["at"]),
        message: text(&error["message"]),
        fix: text(&error["fix"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
