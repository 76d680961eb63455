//! The link worker at the desk: pages, as a person without script uses them.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::sandbox::house::PASSWORD;
use crate::sandbox::partner::Partner;
use crate::sandbox::scenario::play::{HOUR, Play};
use crate::sandbox::settings::STAFF;
use crate::sandbox::surfer::{Page, Surfer};

impl Play<'_> {
    /// The link worker signs in.
    pub(super) async fn signed_in(&self) -> anyhow::Result<Surfer> {
        let mut surfer = Surfer::new(&self.house.base)?;
        let page = surfer.open("/sign-in").await?;
        surfer.send(&page, "/sign-in", &[("name", STAFF[0].0), ("password", PASSWORD)]).await?;
        Ok(surfer)
    }

    fn referral_page(&self, more: &str) -> String {
        format!("/desk/referrals/{}{more}", self.loop_id)
    }

    /// The link worker takes the referral.
    pub(super) async fn take(&mut self, surfer: &mut Surfer) -> anyhow::Result<()> {
        let page = surfer.open(&self.referral_page("")).await?;
        surfer.send(&page, "/take", &[]).await?;
        self.told("taken", STAFF[0].0, "at the desk");
        Ok(())
    }

    /// The link worker records the client's consent to tell a partner.
    pub(super) async fn consent(&mut self, surfer: &mut Surfer, partner: Partner) -> anyhow::Result<()> {
        let page = surfer.open(&self.referral_page("/consent")).await?;
        let fields = [("partner", partner.name()), ("agrees", "yes"), ("given", "spoken")];
        surfer.send(&page, "/consent", &fields).await?;
        self.told("consent", STAFF[0].0, partner.name());
        Ok(())
    }

    /// The link worker chooses a partner's service, looks at what leaves, and sends it.
    pub(super) async fn choose(
        &mut self,
        surfer: &mut Surfer,
        partner: Partner,
        stage: &str,
    ) -> anyhow::Result<()> {
        self.pass(HOUR);
        let page = surfer.open(&self.referral_page("/service?need=")).await?;
        let check = choice(&page, partner)?;
        let page = surfer.open(&check).await?;
        self.check(stage, &seen(&page))?;
        surfer.send(&page, "/send", &[]).await?;
        self.told("chosen", STAFF[0].0, partner.name());
        Ok(())
    }
}

/// Where the card of this partner's service leads.
fn choice(page: &Page, partner: Partner) -> anyhow::Result<String> {
    let card = page.html.split("<article").find(|card| card.contains(partner.title()));
    let card = card.with_context(|| format!("{} is not offered: {}", partner.name(), page.words()))?;
    let card = Page { path: page.path.clone(), html: card.to_owned() };
    card.link("Choose").with_context(|| format!("{} cannot be chosen", partner.name()))
}

/// What the page says leaves.
fn seen(page: &Page) -> Value {
    json!({ "page": "check and send", "words": page.words() })
}

/// A page that must say something.
pub(super) fn expect(page: &Page, words: &str) -> anyhow::Result<()> {
    if !page.words().contains(words) {
        bail!("{} does not say `{words}`: {}", page.path, page.words());
    }
    Ok(())
}
