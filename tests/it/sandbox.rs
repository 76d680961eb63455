//! The sandbox as whoever opens it meets it: what the terminal says, the story, what is kept, what is broken on purpose.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use lariat::cli::Failure;
use lariat::sandbox::{Options, serve};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::pages::browser::{Browser, text};

/// How long something may take that a sandbox does by itself.
const PATIENCE: Duration = Duration::from_secs(60);

struct Sandbox {
    base: String,
    /// What it said before the first thing happened.
    banner: Vec<String>,
    lines: mpsc::UnboundedReceiver<String>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Sandbox {
    async fn open(options: Options) -> Self {
        let (say, lines) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        // A runtime of its own, as the program's: what it borrows across its waits is not everybody's.
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let mut say = |line: String| say.send(line).unwrap_or_default();
            runtime.block_on(serve(options, &mut say, async { stopped.await.unwrap_or_default() }))
        });
        let mut sandbox = Self { base: String::new(), banner: Vec::new(), lines, stop, ended };
        while sandbox.banner.last().is_none_or(|line| line != "Stop: Ctrl-C") {
            let line = sandbox.next().await;
            sandbox.banner.push(line);
        }
        let open = sandbox.banner.iter().find_map(|line| line.strip_prefix("Open   ")).unwrap();
        sandbox.base = open.split("/sandbox").next().unwrap().to_owned();
        sandbox
    }

    async fn next(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await.expect("it says something");
        line.expect("it is open")
    }

    /// The next line with all of these words in it.
    async fn tells(&mut self, words: &[&str]) -> String {
        loop {
            let line = self.next().await;
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
        }
    }

    async fn close(self) {
        self.stop.send(()).unwrap();
        tokio::task::spawn_blocking(|| self.ended.join().unwrap()).await.unwrap().unwrap();
    }

    /// A referral straight to a partner, with consent.
    async fn refer(&self, partner: &str) {
        let mut record = first();
        record["partner"] = json!({ "slug": partner });
        record["consent"]["recipient"] = json!({ "slug": partner });
        record["referral_id"] = json!(format!("R-{partner}"));
        self.send("sandbox-emr-direct", &record).await;
    }

    async fn send(&self, key: &str, record: &Value) {
        #[expect(clippy::disallowed_methods, reason = "plays the EMR, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let sent = http.post(format!("{}/json/referrals", self.base)).bearer_auth(key);
        let answer = sent.header("content-type", "application/json").body(record.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }
}

fn first() -> Value {
    serde_json::from_str(&std::fs::read_to_string("fixtures/riverbend-food/0-received.json").unwrap()).unwrap()
}

fn kept(folder: &Path) -> Options {
    Options { keep: Some(folder.to_owned()), empty: true, ..Options::default() }
}

async fn press(browser: &mut Browser, what: &str) -> String {
    let page = browser.get("/sandbox").await;
    let pressed = browser.send(&page.form(&format!("/sandbox/do/{what}"))).await;
    assert_eq!(pressed.status, 200, "{}", pressed.html);
    text(&pressed.html)
}

fn reference(line: &str) -> &str {
    line.split_whitespace().find(|word| word.starts_with("LR-")).unwrap()
}

#[tokio::test]
async fn the_story_goes_on_where_it_was_and_begins_again_where_it_cannot() {
    let folder = TempDir::with_prefix("lariat-kept-").unwrap();
    let mut sandbox = Sandbox::open(kept(folder.path())).await;
    let page = press(&mut Browser::new(&sandbox.base), "send").await;
    let line = sandbox.tells(&["received", "emr-riverbend", "JSON door", "ms  stored"]).await;
    assert!(page.contains(&format!("Referral {} was received", reference(&line))), "{page}");
    assert!(line[..20].ends_with("EST"), "{line}");
    sandbox.close().await;

    let mut sandbox = Sandbox::open(kept(folder.path())).await;
    let mut browser = Browser::new(&sandbox.base);
    let page = browser.get("/sandbox").await;
    assert!(text(&page.html).contains(&format!("Referral {} was received", reference(&line))), "{}", page.html);
    assert!(!page.html.contains("/sandbox/do/send\"") && !text(&page.html).contains("taken back the consent"));

    let page = press(&mut browser, "withdraw").await;
    assert!(page.contains("The person has taken back the consent, so nothing leaves"), "{page}");
    let page = press(&mut browser, "again").await;
    let next = sandbox.tells(&["received", "emr-riverbend"]).await;
    assert_ne!(reference(&next), reference(&line));
    assert!(page.contains(&format!("Referral {} was received", reference(&next))), "{page}");
    assert!(!page.contains("taken back the consent"));
    sandbox.close().await;
}

#[tokio::test]
async fn a_story_that_is_not_known_any_more_does_not_repeat_an_old_receipt() {
    let folder = TempDir::with_prefix("lariat-kept-").unwrap();
    let mut sandbox = Sandbox::open(kept(folder.path())).await;
    press(&mut Browser::new(&sandbox.base), "send").await;
    let line = sandbox.tells(&["received"]).await;
    sandbox.close().await;
    // As a sandbox of before has left it: without how far its story is.
    let file = folder.path().join("sandbox.json");
    let mut said: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    said.as_object_mut().unwrap().shift_remove("story");
    std::fs::write(&file, said.to_string()).unwrap();
    let mut sandbox = Sandbox::open(kept(folder.path())).await;
    let page = press(&mut Browser::new(&sandbox.base), "send").await;
    let next = sandbox.tells(&["received"]).await;
    assert_ne!(reference(&next), reference(&line));
    assert!(page.contains(&format!("Referral {} was received", reference(&next))), "{page}");
    sandbox.close().await;
}

#[tokio::test]
async fn the_terminal_says_where_to_go_and_its_command_works_from_anywhere() {
    let sandbox = Sandbox::open(Options { empty: true, speed: Some(24), ..Options::default() }).await;
    let said = sandbox.banner.join("\n");
    for line in
        ["Clock: 60 minutes here = 1 day. Here it is 2026-11-20 09:42 EST (America/Toronto).", "county-meals (503)"]
    {
        assert!(said.contains(line), "{said}");
    }
    let mut browser = Browser::new(&sandbox.base);
    for path in ["/sandbox", "/sandbox/mail", "/sandbox/chart", "/refer/riverbend"] {
        assert!(said.contains(&format!("{}{path} ", sandbox.base)), "{path} is not named: {said}");
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    let story = browser.get("/sandbox").await;
    assert!(
        story.html.contains("href=\"/refer/riverbend\"") && text(&story.html).contains("A day passes in 3600.0")
    );
    let file = said.split("--json @").nth(1).unwrap().lines().next().unwrap();
    assert!(Path::new(file).is_absolute() && story.html.contains(file), "{file}");
    let sent: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(sent, first());
    let temporary = Path::new(file).parent().unwrap().to_owned();
    sandbox.close().await;
    assert!(!temporary.exists(), "what is not kept is deleted");
}

#[tokio::test]
async fn whoever_fails_is_told_of_and_mended_and_what_waited_arrives() {
    let fail = vec!["valley-seniors=500".parse().unwrap()];
    let mut sandbox = Sandbox::open(Options { empty: true, fail, ..Options::default() }).await;
    sandbox.refer("valley-seniors").await;
    sandbox.tells(&["received", "emr-riverbend-direct"]).await;
    let retrying = sandbox.tells(&["retrying", "valley-seniors", "500"]).await;
    assert!(retrying.ends_with("attempt 1, next in about 5 s (0.0 s here)"), "{retrying}");
    let page = press(&mut Browser::new(&sandbox.base), "mend-valley-seniors").await;
    assert!(page.contains("Valley Seniors (made up) takes messages again"), "{page}");
    sandbox.tells(&["sent", "valley-seniors", "requested  signed webhook", "attempt  ok"]).await;
    sandbox.tells(&["answered", "valley-seniors", "accepted"]).await;
    sandbox.tells(&["told EMR", "emr-riverbend-direct", "accepted"]).await;

    sandbox.refer("oak-street").await;
    sandbox.tells(&["sent", "oak-street", "requested  e-mail link  1st attempt  ok"]).await;
    sandbox.close().await;
    for wrong in ["oak-street", "nobody=503", "oak-street=200", "oak-street=many"] {
        assert!(wrong.parse::<lariat::sandbox::Fail>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_folder_is_used_by_one_sandbox_and_by_nothing_else() {
    let folder = TempDir::with_prefix("lariat-kept-").unwrap();
    let sandbox = Sandbox::open(kept(folder.path())).await;
    let settings = std::fs::read_to_string(folder.path().join("lariat.toml")).unwrap();
    let fails = async |folder: &Path| {
        let ended = serve(kept(folder), &mut |_| (), async {}).await;
        Failure::from(ended.expect_err("it may not open")).text()
    };
    let said = fails(folder.path()).await;
    assert!(said.starts_with("error: another sandbox uses this folder\n") && said.ends_with("exit 2\n"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("lariat.toml")).unwrap(), settings);
    sandbox.close().await;

    let other = TempDir::new().unwrap();
    std::fs::write(other.path().join("lariat.toml"), "# an operator's").unwrap();
    let said = fails(other.path()).await;
    assert!(said.starts_with("error: this folder holds a Lariat that is no sandbox's\n"), "{said}");
    assert_eq!(std::fs::read_to_string(other.path().join("lariat.toml")).unwrap(), "# an operator's");
}

#[tokio::test]
async fn whoever_has_failed_for_weeks_is_tried_before_ones_eyes_and_gets_what_was_given_up() {
    let mut sandbox = Sandbox::open(Options::default()).await;
    let retrying = sandbox.tells(&["retrying", "county-meals", "503  attempt"]).await;
    press(&mut Browser::new(&sandbox.base), "mend-county-meals").await;
    sandbox.tells(&["sent", reference(&retrying), "county-meals", "requested  signed webhook"]).await;
    sandbox.tells(&["answered", "county-meals", "accepted"]).await;
    sandbox.close().await;
}

#[tokio::test]
async fn the_story_stays_with_its_own_referral_and_what_is_sent_twice_is_that_one() {
    let mut sandbox = Sandbox::open(Options { empty: true, speed: Some(1), ..Options::default() }).await;
    let mut browser = Browser::new(&sandbox.base);
    let page = press(&mut browser, "twice").await;
    let own = reference(&sandbox.tells(&["received", "emr-riverbend"]).await).to_owned();
    assert!(page.contains(&format!("Referral {own} was received")), "{page}");
    assert!(page.contains("both times the same receipt") && page.contains("Answers 201"), "{page}");

    let mut other = first();
    other["referral_id"] = json!("R-other");
    sandbox.send("sandbox-emr", &other).await;
    let second = reference(&sandbox.tells(&["received", "emr-riverbend"]).await).to_owned();
    let page = text(&browser.get("/sandbox").await.html);
    assert!(page.contains(&format!("Referral {own} was received")) && !page.contains(&second), "{page}");

    press(&mut browser, "again").await;
    let third = reference(&sandbox.tells(&["received", "emr-riverbend"]).await).to_owned();
    assert!(third != own && third != second);
    let page = press(&mut browser, "twice").await;
    assert!(
        page.contains("the same receipt") && page.matches(&third).count() > 1 && !page.contains(&own),
        "{page}"
    );

    let page = press(&mut browser, "withdraw").await;
    assert!(page.contains("had gone to no partner") && !page.contains("sees the referral no longer"), "{page}");
    // The next that the EMR sends is followed: this one has ended.
    other["referral_id"] = json!("R-next");
    sandbox.send("sandbox-emr", &other).await;
    let next = reference(&sandbox.tells(&["received", "emr-riverbend"]).await).to_owned();
    let page = text(&browser.get("/sandbox").await.html);
    assert!(page.contains(&format!("Referral {next} was received")), "{page}");
    sandbox.close().await;
}

#[tokio::test]
async fn the_story_keeps_its_readers_language_can_be_paused_and_answers_a_button_first() {
    let sandbox = Sandbox::open(Options { empty: true, ..Options::default() }).await;
    let mut browser = Browser::new(&sandbox.base);
    browser.language = "fr-CA";
    let page = browser.get("/sandbox").await;
    assert!(page.html.contains("data-pause=\"story\"") && page.html.contains("Suspendre les mises à jour"));
    let (header, _) = page.html.split_once("</header>").unwrap();
    assert!(header.contains("<p class=\"sandbox\">"), "it stands outside every landmark");
    let signed_in = browser.send(&page.form("/sandbox/sign-in/nadia")).await;
    assert_eq!(signed_in.status, 200);
    assert!(signed_in.html.contains("<html lang=\"fr-CA\""), "{}", signed_in.html);

    let page = browser.get("/sandbox").await;
    let pressed = browser.send(&page.form("/sandbox/do/fail-oak-street")).await;
    assert!(pressed.html.contains("<title>Faire échouer Oak Street"), "{}", pressed.html);
    assert!(pressed.html.contains(
        "<div class=\"banner\" role=\"region\" aria-labelledby=\"banner-title\" tabindex=\"-1\" autofocus>"
    ));
    sandbox.close().await;
}

#[tokio::test]
async fn a_mail_says_in_which_language_it_is_written() {
    let mut sandbox = Sandbox::open(Options { empty: true, ..Options::default() }).await;
    sandbox.refer("oak-street").await;
    sandbox.tells(&["sent", "oak-street", "1st attempt  ok"]).await;
    let mut browser = Browser::new(&sandbox.base);
    browser.language = "fr-CA";
    let list = browser.get("/sandbox/mail").await.html;
    assert!(list.contains("href=\"/sandbox/mail/0\" lang=\"en-CA\""), "{list}");
    let mail = browser.get("/sandbox/mail/0").await.html;
    assert!(mail.contains("<div class=\"panel\" lang=\"en-CA\">"), "{mail}");
    sandbox.close().await;
}
