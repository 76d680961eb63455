//! The pages of the sandbox: the story in four steps, the mailbox, the pretend EMR's chart. Only the sandbox serves them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};

use crate::inbound::http::Doors;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::posted::Posted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;
use crate::sandbox::mailbox::Mail;
use crate::sandbox::partner::Partner;
use crate::sandbox::play::{Play, Receipt, Story};
use crate::sandbox::settings::{EMR, STAFF};

type Stage = Extension<Arc<Play>>;

/// The routes of the sandbox's pages.
pub(in crate::sandbox) fn routes(play: Arc<Play>) -> Router<Doors> {
    Router::new()
        .route("/sandbox", get(story))
        .route("/sandbox/do/{what}", post(act))
        .route("/sandbox/sign-in/{name}", post(sign_in))
        .route("/sandbox/mail", get(mailbox))
        .route("/sandbox/mail/{number}", get(mail))
        .route("/sandbox/chart", get(chart))
        .layer(Extension(play))
}

#[derive(Template)]
#[template(path = "sandbox/story.html", config = "src/inbound/http/pages/askama.toml")]
struct StoryPage {
    t: Words,
    frame: Frame,
    story: Story,
    command: String,
    send: Form,
    sign_in: Vec<(String, Form)>,
    breaks: Vec<(&'static str, Form)>,
}

async fn story(visit: Visit, Extension(play): Stage) -> Result<Response, Trouble> {
    draw(&visit, &play, None).await
}

async fn draw(visit: &Visit, play: &Play, banner: Option<Banner>) -> Result<Response, Trouble> {
    let story = play.story().await.map_err(|error| problem(&error))?;
    let fail = if play.mail_fails() { "mend" } else { "fail" };
    let breaks = [fail, "mend-county", "twice", "bad", "withdraw"];
    let page = StoryPage {
        t: visit.t(),
        frame: visit.frame(visit.say("sandbox-title")).banner(banner),
        story,
        command: command(&play.base),
        send: visit.button("/sandbox/do/send"),
        sign_in: STAFF
            .iter()
            .map(|(name, title, ..)| {
                let mut form = visit.button(&format!("/sandbox/sign-in/{name}"));
                form.default("to", visit.query("to").as_deref().map_or("/desk", session::own_path));
                ((*title).to_owned(), form)
            })
            .collect(),
        breaks: breaks.iter().map(|what| (*what, visit.button(&format!("/sandbox/do/{what}")))).collect(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

/// What sends the first referral from a terminal.
pub(in crate::sandbox) fn command(base: &str) -> String {
    format!(
        "curl -sS {base}/json/referrals -H 'Authorization: Bearer {}' \\\n     -H 'Idempotency-Key: first-1' \
         --json @fixtures/riverbend-food/0-received.json",
        EMR.key
    )
}

async fn act(
    Extension(play): Stage,
    Path(what): Path<String>,
    Posted { visit, form }: Posted,
) -> Result<Response, Trouble> {
    if !form.is_clean() {
        return draw(&visit, &play, None).await;
    }
    let told = match what.as_str() {
        "send" => {
            play.send().await.map_err(|error| problem(&error))?;
            return Ok(see("/sandbox"));
        }
        "twice" => receipts(&play.send().await.map_err(|error| problem(&error))?),
        "bad" => receipts(&play.send_bad().await.map_err(|error| problem(&error))?),
        "withdraw" => match play.withdraw().await {
            Ok(ended) => visit.say("sandbox-withdrawn").with("count", ended).to_string(),
            Err(_) => visit.say("sandbox-nothing-yet").to_string(),
        },
        "fail" | "mend" => {
            play.set_mail_fails(what == "fail");
            visit.say(&format!("sandbox-did-{what}")).to_string()
        }
        "mend-county" => {
            play.is_mended.store(true, Ordering::SeqCst);
            visit.say("sandbox-did-mend-county").to_string()
        }
        _ => return Err(Trouble::Missing),
    };
    let title = visit.say(&format!("sandbox-do-{what}")).to_string();
    draw(&visit, &play, Some(Banner { title, text: told, link: None })).await
}

fn receipts(receipt: &Receipt) -> String {
    format!("{} · {} ms · {}", receipt.status, receipt.millis, receipt.body)
}

async fn sign_in(Path(name): Path<String>, Posted { visit, form }: Posted) -> Result<Response, Trouble> {
    let staff = visit.doors().staff(&name).ok_or(Trouble::Missing)?;
    let mut response = see(if form.is_clean() { session::own_path(form.value("to")) } else { "/sandbox" });
    if form.is_clean() {
        session::begin(&visit, &staff, &mut response).await?;
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "sandbox/mailbox.html", config = "src/inbound/http/pages/askama.toml")]
struct MailboxPage {
    t: Words,
    frame: Frame,
    /// Number, subject, to whom.
    mails: Vec<(usize, String, String)>,
}

async fn mailbox(visit: Visit, Extension(play): Stage) -> Result<Response, Trouble> {
    let mails = play.mailbox.mails();
    let line = |(number, mail): (usize, &Mail)| {
        (number, mail.header("Subject").unwrap_or_default().to_owned(), mail.to.join(", "))
    };
    let page = MailboxPage {
        t: visit.t(),
        frame: visit.frame(visit.say("sandbox-mail-title")).back("/sandbox", visit.say("sandbox-back")),
        mails: mails.iter().enumerate().rev().map(line).collect(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

#[derive(Template)]
#[template(path = "sandbox/mail.html", config = "src/inbound/http/pages/askama.toml")]
struct MailPage {
    t: Words,
    frame: Frame,
    from: String,
    to: String,
    subject: String,
    /// Words, and whether they are a link.
    lines: Vec<Vec<(String, bool)>>,
}

async fn mail(visit: Visit, Extension(play): Stage, Path(number): Path<usize>) -> Result<Response, Trouble> {
    let mails = play.mailbox.mails();
    let mail = mails.get(number).ok_or(Trouble::Missing)?;
    let header = |name| mail.header(name).unwrap_or_default().to_owned();
    let pieces = |line: &str| {
        line.split(' ').map(|word| (word.to_owned(), word.starts_with(&play.base))).collect::<Vec<_>>()
    };
    let page = MailPage {
        t: visit.t(),
        frame: visit.frame(visit.say("sandbox-mail-one")).back("/sandbox/mail", visit.say("sandbox-mail-title")),
        from: header("From"),
        to: mail.to.join(", "),
        subject: header("Subject"),
        lines: mail.text.lines().map(pieces).collect(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

#[derive(Template)]
#[template(path = "sandbox/chart.html", config = "src/inbound/http/pages/askama.toml")]
struct ChartPage {
    t: Words,
    frame: Frame,
    /// When, what, the sentence, and everything as it came.
    lines: Vec<(When, String, String, String)>,
}

async fn chart(visit: Visit, Extension(play): Stage) -> Result<Response, Trouble> {
    let lines = play.chart().await.into_iter().map(|(at, heard)| {
        let text =
            |at: &str| heard.body.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let raw = serde_json::to_string_pretty(&heard.body).unwrap_or_default();
        (visit.when(at), text("/data/referral/reference"), text("/data/summary"), raw)
    });
    let page = ChartPage {
        t: visit.t(),
        frame: visit.frame(visit.say("sandbox-chart-title")).back("/sandbox", visit.say("sandbox-back")),
        lines: lines.collect(),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

fn problem(error: &anyhow::Error) -> Trouble {
    tracing::error!(%error, "the sandbox could not do it");
    Trouble::Problem
}

/// Whom the mailbox page is about, for those who play it.
pub(in crate::sandbox) const YOU: Partner = Partner::OakStreet;
