//! Consent at the desk: what the person agreed to, written down as the source's own would be.

use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::exchange::desk::act::{Act, NotDone, Plan, Recorded, not_now};
use crate::exchange::desk::story::Story;
use crate::exchange::made_by::sign;
use crate::exchange::profiles::claim;
use crate::exchange::{Desk, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::reference::Reference;
use crate::fhir::translate::{consent, practitioner_role, reference, service_request};

/// Personal Health Information Protection Act, 2004, S.O. 2004, c. 3, Sched. A.
const POLICY: &str = "https://www.ontario.ca/laws/statute/04p03";
/// How a consent that was recorded here says so.
pub const AT_DESK: &str = "Recorded at the desk by ";

/// What the person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentGiven {
    /// To whom it speaks: a partner's slug.
    pub partner: String,
    /// Whether they agree; a no shuts the partner out.
    pub agrees: bool,
    /// For what, in the person's words.
    pub purpose: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// How it was given: `spoken`, `written`, …
    pub form: String,
}

impl Desk {
    /// Records what the person said about one partner. What waited for it goes on.
    ///
    /// # Errors
    /// When the partner is not known, or it cannot be stored.
    pub async fn record_consent(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        given: &ConsentGiven,
    ) -> Result<Recorded, NotDone> {
        let partner = self.0.directory.by_name(&given.partner);
        let partner = partner.ok_or_else(|| Refusal::not_found("partner"))?.organization;
        let drawn = self.story(staff.custodian, id).await?;
        let clinic = self.clinic_of(staff, &drawn).await?;
        let (today, now) = (self.today(), self.clock_time());
        let (typed, before) = (format!("{given:?}"), self.said_before_this(staff, &drawn, given).await?);
        self.act(staff, id, act, &["consent", &typed, &before], |story| {
            let mut plan = Plan::default();
            plan.create(
                ResourceType::Consent,
                None,
                built(story, staff, given, [&today, &now], partner, clinic.as_deref()),
            );
            Ok(plan)
        })
        .await
    }

    /// What the person has said beside this very word of this member of staff: said again after something else, the
    /// same word is a new one.
    async fn said_before_this(
        &self,
        staff: &Staff,
        story: &Story,
        given: &ConsentGiven,
    ) -> Result<String, Refusal> {
        let title = title(staff, given);
        let is_this = |value: &Value| {
            value["status"] == "active" && value.pointer("/sourceAttachment/title") == Some(&json!(title))
        };
        let known = self.consent_documents(Visibility::Custodian(staff.custodian), story.row.patient).await?;
        let others = known.iter().filter(|document| !is_this(&document.value));
        let mut others: Vec<String> = others.map(|one| format!("{} {}", one.id, one.version.0)).collect();
        others.sort_unstable();
        Ok(others.join(", "))
    }

    /// Ends a consent of the person: nothing leaves by it from now on, and what was disclosed is hidden.
    ///
    /// # Errors
    /// When it is not one of this person's that stands.
    pub async fn withdraw_consent(
        &self,
        staff: &Staff,
        id: ResourceId,
        act: &Act,
        consent: ResourceId,
    ) -> Result<Recorded, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        let document = self.documents(seen, &[consent]).await?.pop().flatten();
        let of_person = |story: &Story| {
            document.as_ref().filter(|document| {
                let read = consent::read(&document.value, &self.0.base, &self.0.zone);
                document.value["resourceType"] == "Consent"
                    && read.patient.as_ref().and_then(Reference::local).map(|(_, id)| id) == Some(story.row.patient)
            })
        };
        let is_so = |story: &Story| {
            let known = of_person(story).filter(|known| known.value["status"] == "inactive");
            known.map(|known| known.updated_at)
        };
        self.act_unless(staff, id, act, &["withdraw", &consent.to_string()], is_so, |story| {
            let known = of_person(story).ok_or_else(|| Refusal::not_found(""))?;
            if known.value["status"] != "active" {
                return Err(not_now("R-DESK-CONSENT", "this consent has ended", "look at the referral again"));
            }
            let mut value = known.value.clone();
            value["status"] = json!("inactive");
            sign(&mut value, staff, known.version.next().0);
            let mut plan = Plan::default();
            plan.update(ResourceType::Consent, known, value);
            Ok(plan)
        })
        .await
    }

    /// Today, where the clinic is: `YYYY-MM-DD`.
    pub(super) fn today(&self) -> String {
        self.day(self.0.clock.now())
    }

    /// This second, where the clinic is: of two words on one day the later one counts.
    fn clock_time(&self) -> String {
        let now = jiff::Timestamp::from_millisecond(self.0.clock.now().as_millis()).unwrap_or_default();
        now.to_zoned(self.0.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The day of an instant, where the clinic is: `YYYY-MM-DD`.
    pub(super) fn day(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        at.to_zoned(self.0.zone.clone()).date().to_string()
    }

    /// The clinic's Organization: that of whoever asked for the referral. Of a self-referral the Task says it.
    async fn clinic_of(&self, staff: &Staff, story: &Story) -> Result<Option<String>, Refusal> {
        let seen = Visibility::Custodian(staff.custodian);
        let request = self.documents(seen, &[story.row.request]).await?.pop().flatten();
        let asked_by = request.and_then(|request| service_request::read(&request.value, &self.0.base).requester);
        let sent_by = reference(&story.root.task.value, "requester", &self.0.base);
        let clinics = |found: &(ResourceType, ResourceId)| {
            matches!(found.0, ResourceType::Organization | ResourceType::PractitionerRole)
        };
        match [asked_by, sent_by].iter().flatten().filter_map(Reference::local).find(clinics) {
            Some((ResourceType::Organization, organization)) => Ok(Some(format!("Organization/{organization}"))),
            Some((ResourceType::PractitionerRole, role)) => {
                let role = self.documents(seen, &[role]).await?.pop().flatten();
                let target = role.and_then(|role| practitioner_role::read(&role.value, &self.0.base).organization);
                let target = target.as_ref().and_then(Reference::local);
                Ok(target.map(|(ty, organization)| format!("{ty}/{organization}")))
            }
            _ => Ok(None),
        }
    }
}

/// Where it was written down, how it was given, and for what.
fn title(staff: &Staff, given: &ConsentGiven) -> String {
    let title = format!("{AT_DESK}{}, {}", staff.title, given.form);
    given.purpose.as_ref().map_or_else(|| title.clone(), |purpose| format!("{title}: {purpose}"))
}

/// The same Consent as a source's mapping builds it (config/mappings/riverbend.toml).
fn built(
    story: &Story,
    staff: &Staff,
    given: &ConsentGiven,
    [today, now]: [&str; 2],
    partner: ResourceId,
    clinic: Option<&str>,
) -> Value {
    let patient = json!({ "reference": format!("Patient/{}", story.row.patient) });
    let coded = |system: &str, code: &str, display: &str| json!({ "coding": [{ "system": system, "code": code, "display": display }] });
    let informed =
        coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
    let mut period = json!({ "start": today });
    if let Some(until) = &given.until {
        period["end"] = json!(until);
    }
    let mut value = json!({
        "resourceType": "Consent",
        "meta": claim("consent-to-disclose", "Consent"),
        "status": "active",
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"),
        "category": [coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IDSCL", "information disclosure")],
        "patient": patient,
        "dateTime": now,
        "performer": [patient],
        "sourceAttachment": { "title": title(staff, given), "creation": today },
        "policy": [{ "uri": POLICY }],
        "provision": {
            "type": if given.agrees { "permit" } else { "deny" },
            "period": period,
            "actor": [{ "role": informed, "reference": { "reference": format!("Organization/{partner}") } }],
            "action": [coded("http://terminology.hl7.org/CodeSystem/consentaction", "disclose", "Disclose")],
        },
    });
    if let Some(clinic) = clinic {
        value["organization"] = json!([{ "reference": clinic }]);
    }
    value
}
