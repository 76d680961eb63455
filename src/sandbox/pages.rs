//! The pages of the sandbox: the story in four steps, the mailbox, the pretend EMR's chart. Only the sandbox serves them.

use std::sync::Arc;

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
use crate::sandbox::SPEED;
use crate::sandbox::mailbox::Mail;
use crate::sandbox::partner::Partner;
use crate::sandbox::play::{Play, Receipt, Story};
use crate::sandbox::settings::STAFF;

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
    again: Form,
    pace: String,
    /// What each says, and its button.
    breaks: Vec<(String, Form)>,
}

async fn story(visit: Visit, Extension(play): Stage) -> Result<Response, Trouble> {
    draw(&visit, &play, None).await
}

async fn draw(visit: &Visit, play: &Play, banner: Option<Banner>) -> Result<Response, Trouble> {
    let story = play.story().await.map_err(|error| problem(&error))?;
    let page = StoryPage {
        t: visit.t(),
        frame: visit.frame(visit.say("sandbox-title")).answering(banner),
        story,
        command: play.command(),
        again: visit.button("/sandbox/do/again"),
        pace: pace(visit, play.speed),
        send: visit.button("/sandbox/do/send"),
        sign_in: STAFF
            .iter()
            .map(|(name, title, ..)| {
                let mut form = visit.button(&format!("/sandbox/sign-in/{name}"));
                form.default("to", visit.query("to").as_deref().map_or("/desk", session::own_path));
                ((*title).to_owned(), form)
            })
            .collect(),
        breaks: breaks(visit, play),
    };
    Ok(visit.page(StatusCode::OK, &page))
}

/// How fast days pass.
fn pace(visit: &Visit, speed: u32) -> String {
    match speed {
        0 | 1 => visit.say("sandbox-pace-real").to_string(),
        SPEED => visit.say("sandbox-pace-minute").to_string(),
        _ => {
            let secs = format!("{:.1}", 86_400.0 / f64::from(speed));
            visit.say("sandbox-pace-seconds").with("seconds", secs).to_string()
        }
    }
}

/// What can be broken, and mended: your partner's mail, the partner that fails at first, and who else fails now.
fn breaks(visit: &Visit, play: &Play) -> Vec<(String, Form)> {
    let button = |what: &str| visit.button(&format!("/sandbox/do/{what}"));
    let failing = play.failing.all();
    let can_fail =
        |partner: &Partner| [YOU, Partner::CountyMeals].contains(partner) || failing.contains_key(partner);
    let partners = Partner::ALL.into_iter().filter(can_fail).map(|partner| {
        let what = if failing.contains_key(&partner) { "mend" } else { "fail" };
        let words = visit.say(&format!("sandbox-do-{what}")).with("name", partner.title());
        (words.to_string(), button(&format!("{what}-{}", partner.name())))
    });
    let others = ["twice", "bad", "withdraw"]
        .map(|what| (visit.say(&format!("sandbox-do-{what}")).to_string(), button(what)));
    partners.chain(others).collect()
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
        "again" => {
            play.send_another().await.map_err(|error| problem(&error))?;
            return Ok(see("/sandbox"));
        }
        "send" => {
            play.send().await.map_err(|error| problem(&error))?;
            return Ok(see("/sandbox"));
        }
        "twice" => twice(&visit, &play.send_twice().await.map_err(|error| problem(&error))?),
        "bad" => receipts(&play.send_bad().await.map_err(|error| problem(&error))?),
        "withdraw" => match play.withdraw().await {
            Ok((ended, true)) => visit.say("sandbox-withdrawn").with("count", ended).to_string(),
            Ok((ended, false)) => visit.say("sandbox-withdrawn-unsent").with("count", ended).to_string(),
            Err(_) => visit.say("sandbox-nothing-yet").to_string(),
        },
        _ => return switched(&visit, &play, &what).await,
    };
    let title = visit.say(&format!("sandbox-do-{what}")).to_string();
    draw(&visit, &play, Some(Banner { title, text: told, link: None })).await
}

/// Makes a partner's system fail, or mends it: `fail-oak-street`, `mend-county-meals`.
async fn switched(visit: &Visit, play: &Play, what: &str) -> Result<Response, Trouble> {
    let (verb, name) = what.split_once('-').ok_or(Trouble::Missing)?;
    let partner = Partner::named(name).ok_or(Trouble::Missing)?;
    match verb {
        "fail" => play.failing.fail(partner),
        "mend" => play.mend(partner).await.map_err(|error| problem(&error))?,
        _ => return Err(Trouble::Missing),
    }
    let told = |key: String| visit.say(&key).with("name", partner.title()).to_string();
    let (title, text) = (told(format!("sandbox-do-{verb}")), told(format!("sandbox-did-{verb}")));
    let banner = Banner { title, text, link: None };
    draw(visit, play, Some(banner)).await
}

fn receipts(receipt: &Receipt) -> String {
    format!("{} · {} ms · {}", receipt.status, receipt.millis, receipt.body)
}

/// What was answered both times.
fn twice(visit: &Visit, [first, second]: &[Receipt; 2]) -> String {
    let id = |receipt: &Receipt| {
        let body: serde_json::Value = serde_json::from_str(&receipt.body).unwrap_or_default();
        body["receipt"].as_str().map(str::to_owned)
    };
    if id(first).is_none() || id(first) != id(second) {
        let said = visit.say("sandbox-twice-other").with("first", receipts(first));
        return said.with("second", receipts(second)).to_string();
    }
    let short = |receipt: &Receipt| format!("{} ({} ms)", receipt.status, receipt.millis);
    let said = visit.say("sandbox-twice-same").with("first", short(first)).with("second", short(second));
    said.with("body", first.body.clone()).to_string()
}

async fn sign_in(Path(name): Path<String>, Posted { visit, form }: Posted) -> Result<Response, Trouble> {
    let staff = visit.doors().staff(&name).ok_or(Trouble::Missing)?;
    let mut response = see(if form.is_clean() { session::own_path(form.value("to")) } else { "/sandbox" });
    if form.is_clean() {
        session::begin(&visit, &staff, &mut response).await?;
        // Whoever reads the story goes on in its language, whatever the made-up person speaks.
        visit.keep_language(&mut response);
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "sandbox/mailbox.html", config = "src/inbound/http/pages/askama.toml")]
struct MailboxPage {
    t: Words,
    frame: Frame,
    /// Number, subject, to whom, and the subject's language.
    mails: Vec<(usize, String, String, String)>,
}

async fn mailbox(visit: Visit, Extension(play): Stage) -> Result<Response, Trouble> {
    let mails = play.mailbox.mails();
    let line = |(number, mail): (usize, &Mail)| {
        let subject = mail.header("Subject").unwrap_or_default().to_owned();
        (number, subject, mail.to.join(", "), mail.language().unwrap_or(visit.t().tag()).to_owned())
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
    /// Of its subject and text.
    language: String,
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
        language: mail.language().unwrap_or(visit.t().tag()).to_owned(),
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
