//! A partner with nothing but e-mail: a letter, a link, a code, and a few taps.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::sandbox::mailbox::Mail;
use crate::sandbox::partner::Partner;
use crate::sandbox::scenario::desk::expect;
use crate::sandbox::scenario::play::{HOUR, Play};
use crate::sandbox::settings::DIRECT;
use crate::sandbox::surfer::{Page, Surfer};

/// A person at a partner's desk, behind the link.
pub(super) struct Reader {
    surfer: Surfer,
    /// The referral's page.
    place: String,
}

impl Play<'_> {
    /// The partner gets its letter; what stands in it is compared, but for the link.
    pub(super) async fn letter(&mut self, partner: Partner, stage: &str) -> anyhow::Result<Mail> {
        let before = self.mails_to(partner).len();
        self.house.deliver().await?;
        let mails = self.mails_to(partner);
        let [mail] = mails.get(before..).unwrap_or_default() else {
            bail!("{}: {} letters came to {}", self.name, mails.len() - before, partner.name());
        };
        self.told("sent", partner.name(), "e-mail with a link");
        let mut text = mail.text.clone();
        for link in mail.links() {
            text = text.replace(link, "{link}");
        }
        let header = |name| mail.header(name).unwrap_or_default().to_owned();
        let letter = json!({ "to": mail.to, "from": header("From"), "subject": header("Subject"), "text": text });
        self.check(stage, &letter)?;
        Ok(mail.clone())
    }

    fn mails_to(&self, partner: Partner) -> Vec<Mail> {
        let mails = self.house.mailbox.mails();
        mails.into_iter().filter(|mail| mail.to.iter().any(|to| to == partner.address())).collect()
    }

    /// Somebody refers themselves on the clinic's public form, with what the scenario's file says of them, and types
    /// the code that their mail brings.
    pub(super) async fn refer_oneself(&mut self) -> anyhow::Result<()> {
        let received = self.received()?;
        let of = |at: &str| received.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let patient = "/entry/0/resource";
        let (given, family) = (of(&format!("{patient}/name/0/given/0")), of(&format!("{patient}/name/0/family")));
        let born = of(&format!("{patient}/birthDate"));
        let (phone, email) = (of(&format!("{patient}/telecom/0/value")), of(&format!("{patient}/telecom/1/value")));
        let mut surfer = Surfer::new(&self.house.base)?;
        let page = surfer.open("/refer/riverbend").await?;
        let fields = [
            ("given", given.as_str()),
            ("family", &family),
            ("birth_date", &born),
            ("phone", &phone),
            ("email", &email),
            ("reason", "lonely"),
            ("words", "I would like to sing with others again"),
            ("may_be_contacted", "yes"),
        ];
        let page = surfer.send(&page, "/refer/riverbend", &fields).await?;
        let code = self.code_to(&email, 0)?;
        let page = surfer.send(&page, "/code", &[("code", &code)]).await?;
        let (id, _) = self.house.newest().await?;
        let mouth = self.house.emr(DIRECT)?;
        let task = mouth.get(&format!("/fhir/Task/{id}")).await?;
        let places = ["focus", "for"].into_iter().filter_map(|name| task[name]["reference"].as_str());
        let mut places: Vec<_> = places.map(|reference| format!("/fhir/{reference}")).collect();
        places.push(format!("/fhir/Task/{id}"));
        self.stored(&mouth, places, "public form", "confirmed by code, stored").await?;
        self.check("1-thanked.json", &json!({ "page": page.words() }))
    }

    /// The six digits of the mail at place `number` to this address.
    fn code_to(&self, address: &str, number: usize) -> anyhow::Result<String> {
        let mails = self.house.mailbox.mails();
        let to_them = mails.into_iter().filter(|mail| mail.to.iter().any(|to| to == address));
        let mail = to_them.into_iter().nth(number).context("a code was sent")?;
        let digits = mail.text.split(|letter: char| !letter.is_ascii_digit()).find(|word| word.len() == 6);
        Ok(digits.context("the letter holds six digits")?.to_owned())
    }

    /// The referral as it stands in the record when all is done.
    pub(super) async fn ended(&mut self, stage: &str) -> anyhow::Result<()> {
        self.house.deliver().await?;
        let task = self.house.emr(DIRECT)?.get(&format!("/fhir/Task/{}", self.loop_id)).await?;
        if task["status"] != "completed" {
            bail!("{}: the referral stands at {}", self.name, task["status"]);
        }
        self.told("closed", "at the desk", "completed");
        self.check(stage, &task)
    }

    /// Somebody follows the link, asks for a code, types it, and opens the referral.
    pub(super) async fn read(&mut self, partner: Partner, mail: &Mail) -> anyhow::Result<Reader> {
        self.pass(HOUR);
        let link = mail.links().first().map(|link| (*link).to_owned()).context("the letter has a link")?;
        let mut surfer = Surfer::new(&self.house.base)?;
        let page = surfer.open(&link).await?;
        let before = self.mails_to(partner).len();
        let page = surfer.send(&page, "/code", &[]).await?;
        let code = self.code_to(partner.address(), before)?;
        let inbox = surfer.send(&page, "/enter", &[("code", &code)]).await?;
        let place = inbox.link(&self.reference).context("the inbox leads to the referral")?;
        Ok(Reader { surfer, place })
    }

    /// The partner answers on the form at `form` of the referral's page.
    pub(super) async fn answer(
        &mut self,
        reader: &mut Reader,
        stage: &str,
        form: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<Page> {
        self.pass(HOUR);
        let asked = if form == "/accept" { reader.place.clone() } else { format!("{}{form}", reader.place) };
        let page = reader.surfer.open(&asked).await?;
        let typed: serde_json::Map<_, _> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.check(stage, &json!({ "page": page.words(), "form": form, "typed": typed }))?;
        let thanks = reader.surfer.send(&page, form, fields).await?;
        expect(&thanks, &self.reference)?;
        self.told("answered", "by the link", form.trim_start_matches('/'));
        Ok(thanks)
    }
}
