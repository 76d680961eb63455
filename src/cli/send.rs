//! `lariat send`: hands a referral to a running Lariat and waits until it is stored.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::{input, runtime};

/// Rules by which a server refuses something that is well-formed; other 422 are errors of the input.
const KEY_REUSED: &str = "R-KEY-REUSED";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lariat send referral.json --to http://127.0.0.1:8080 --key-file key
  lariat send bundle.json --to https://lariat.example --key-file key --idempotency-key visit-4711

Sent twice with one key, a referral is stored once, and both answers are the same. Without --idempotency-key the key is
the hash of the content, so sending the same file again is safe.")]
pub(super) struct Args {
    /// The referral, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// The server's base URL
    #[arg(long, value_name = "URL")]
    to: String,
    /// What the file is
    #[arg(long = "as", value_enum, default_value_t = Form::Auto, value_name = "FORM")]
    form: Form,
    /// A file that holds the API key, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    key_file: Option<String>,
    /// The submission's own key; the hash of the content when absent
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// How long to wait for the answer, with its unit
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = timeout)]
    timeout: Duration,
    /// Where the answer goes, instead of standard output
    #[arg(long, value_name = "FILE")]
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
    output.note(&format!("Idempotency-Key: {idempotency_key}"));
    let post = Post { url, media, key, idempotency_key, body, timeout: args.timeout };
    let answer = runtime()?.block_on(post.send())?;
    answer.judge()?;
    match &args.out {
        Some(path) => input::write(path, &answer.body),
        None => output.result(&String::from_utf8_lossy(&answer.body)),
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
        let body = answer.bytes().await.map_err(|error| unreachable_server(&error))?.to_vec();
        Ok(Answer { status, body })
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
    body: Vec<u8>,
}

impl Answer {
    /// A 2xx is a receipt; anything else ends the command with the code of its kind.
    fn judge(&self) -> Result<(), Failure> {
        let problems = Problems::read(&self.body);
        let (exit, code, fix) = match self.status {
            200..=299 => return Ok(()),
            401 | 403 => (Exit::Denied, "denied", "check the key in --key-file, and its scopes"),
            404 | 410 => (Exit::NotFound, "not-found", "check --to: the server's base URL"),
            409 | 412 => (Exit::Refused, "refused", "look at what is stored, and decide again"),
            422 if problems.rules.iter().any(|rule| rule == KEY_REUSED) => {
                (Exit::Refused, "key-reused", "give the changed referral a key of its own: --idempotency-key")
            }
            400 | 413 | 415 | 422 => (Exit::Input, "input", "mend it and send it again"),
            408 | 429 | 500..=599 => (Exit::Remote, "remote", "send it again later, with the same key"),
            _ => (Exit::Failed, "answer", "check --to: this may be no Lariat"),
        };
        Err(Failure::new(exit, code, format!("the server answered {}{}", self.status, problems.text), fix))
    }
}

/// What an OperationOutcome or problem+json says is wrong.
struct Problems {
    rules: Vec<String>,
    text: String,
}

impl Problems {
    fn read(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or(json!({}));
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let mut out = Self { rules: Vec::new(), text: String::new() };
        for issue in list("issue") {
            let (rule, fix) = match issue["diagnostics"].as_str().unwrap_or_default().split_once(": ") {
                Some((rule, fix)) => (rule, Some(fix)),
                None => ("", None),
            };
            out.add(issue["expression"][0].as_str(), rule, issue["details"]["text"].as_str(), fix);
        }
        for error in list("errors") {
            let text = |name: &str| error[name].as_str();
            out.add(text("at"), text("rule").unwrap_or_default(), text("message"), text("fix"));
        }
        out
    }

    fn add(&mut self, at: Option<&str>, rule: &str, message: Option<&str>, fix: Option<&str>) {
        let at = at.filter(|at| !at.is_empty()).unwrap_or("(the whole)");
        self.rules.push(rule.to_owned());
        self.text.push_str(&format!("\n  --> {at:<50}  rule {rule}\n      {}", message.unwrap_or("refused")));
        if let Some(fix) = fix {
            self.text.push_str(&format!("\n      fix: {fix}"));
        }
    }
}

/// `60s`, `500ms` or `2m`.
fn timeout(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = number.parse::<u64>().map_err(|_| "write a number with its unit: 60s".to_owned())?;
    let time = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err("write the unit: ms, s or m".to_owned()),
    };
    if time.is_zero() { Err("it cannot be zero".to_owned()) } else { Ok(time) }
}
