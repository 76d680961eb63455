//! The house of these tests: a clinic with two members of staff, pages as in the sandbox.

use std::sync::LazyLock;

use lariat::cli::Running;
use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::Ids;
use lariat::security::password::PasswordHash;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::ground;
use crate::pages::browser::{Browser, Page};

/// 2027-03-03T19:05:00Z, 14:05 in Toronto: when every house begins.
const BEGIN: Timestamp = Timestamp::from_millis(1_804_100_700_000);

/// The password of everybody here.
pub(super) const PASSWORD: &str = "correct horse battery staple";

static HASH: LazyLock<String> =
    LazyLock::new(|| PasswordHash::make(PASSWORD.as_bytes(), &Ids::seeded([3; 32])).unwrap().to_string());

pub(super) struct House {
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) running: Running,
    server: JoinHandle<()>,
    folder: TempDir,
}

impl House {
    pub(super) async fn open() -> Self {
        Self::build(true, None).await
    }

    /// As the sandbox, or not; with another base URL than where it listens.
    pub(super) async fn build(sandbox: bool, base_url: Option<&str>) -> Self {
        let folder = TempDir::with_prefix("lariat-pages-").unwrap();
        let (listener, base) = ground::socket();
        let listen = listener.local_addr().unwrap();
        let mut text = format!(
            "[server]\nlisten = \"{listen}\"\nbase_url = \"{}\"\n[store]\nlocation = \"sqlite:{}\"\n\
             [[custodian]]\nname = \"riverbend\"\ntitle = \"Riverbend CHC\"\n",
            base_url.unwrap_or(&base),
            folder.path().join("lariat.db").display(),
        );
        for (name, title, language) in [("mireille", "Mireille Made-Up", "fr"), ("sam", "Sam Made-Up", "en")] {
            text.push_str(&format!(
                "[[staff]]\nname = \"{name}\"\ntitle = \"{title}\"\ncustodian = \"riverbend\"\n\
                 role = \"link-worker\"\nlanguage = \"{language}\"\npassword_hash = \"{}\"\n",
                *HASH
            ));
        }
        let mut config = ground::settings(folder.path(), &text);
        config.sandbox = sandbox;
        let clock = Clock::stepped(BEGIN);
        let running = ground::running(&config, &clock, Ids::seeded([9; 32])).await;
        let server = ground::serve(&listener, &running);
        Self { base, clock, running, server, folder }
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A browser in which `name` has signed in.
    pub(super) async fn signed_in(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let page = sign_in(&mut browser, "/sign-in?to=/about/help", name, PASSWORD).await;
        assert_eq!((page.status, page.at.as_str()), (200, "/about/help"), "{}", page.html);
        browser
    }

    pub(super) async fn close(self) {
        self.server.abort();
        self.running.store.close().await;
        drop(self.folder);
    }
}

/// Goes to `path`, which must lead to the sign-in page, and signs in there.
pub(super) async fn sign_in(browser: &mut Browser, path: &str, name: &str, password: &str) -> Page {
    let page = browser.get(path).await;
    let form = page.form("/sign-in").with("name", &[name]).with("password", &[password]);
    browser.send(&form).await
}
