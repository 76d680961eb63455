//! Doubt about who is meant: a number finds somebody whom the submission calls by another name or date of birth, or a
//! health card is somebody else's already, or a card bears another name. Nothing is merged and nothing is taken over: a person looks.

use serde_json::{Value, json};

use crate::domain::attention::Attention;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::search::{Clause, Order, Query, TokenMatch};
use crate::exchange::draft::{Author, Draft, Fate, Item};
use crate::exchange::read::parse;
use crate::exchange::{Party, Refusal, codes, work};
use crate::fhir::ResourceType;
use crate::fhir::questionnaire::{self, Named};
use crate::fhir::reference::Reference;
use crate::fhir::search::{parameters, words};
use crate::fhir::translate::questionnaire_response::{self, Answer};
use crate::fhir::translate::{identifiers, items, text};

/// Ontario's health card numbers.
const HEALTH_CARD: &str = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-on-patient-hcn";
/// The form, and its item for the name of who fills it in.
const CARD: &str = "reminder-card";
const NAME: &str = "name";
/// People with one number that are compared. Chosen.
const MAX_PEOPLE: u32 = 20;

/// A person of a submission who may be somebody else.
pub(super) struct Otherwise {
    pub(super) patient: ResourceId,
    /// Where the submission names them.
    at: String,
    /// What the desk must know to find out, in both languages: a note has no reader yet.
    note: String,
    /// Whether it is the known person whom the submission calls otherwise.
    is_known: bool,
}

/// Those whom a condition has found and whom the submission calls otherwise, and those who are new and bring somebody
/// else's health card.
pub(super) async fn named_otherwise(draft: &Draft<'_>) -> Result<Vec<Otherwise>, Refusal> {
    let mut found = Vec::new();
    if matches!(draft.caller.party, Party::Recipient(_)) {
        return Ok(found);
    }
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Patient && item.by == Author::Caller) {
        let at = format!("{}.name", item.at);
        match item.fate {
            Fate::Keep(_) => {
                let known = draft.stored_value(item.id)?;
                if known.is_some_and(|known| differs(known, &item.value)) {
                    let note = format!(
                        "Sent with another name or date of birth / Transmis avec un autre nom ou une autre date de \
                         naissance: {}",
                        called(&item.value)
                    );
                    found.push(Otherwise { patient: item.id, at, note, is_known: true });
                }
            }
            Fate::Create => {
                if let Some(other) = same_card(draft, &item.value).await? {
                    let note = format!(
                        "The same health card is recorded for / La même carte santé est inscrite pour: {}",
                        called(&other)
                    );
                    found.push(Otherwise { patient: item.id, at, note, is_known: false });
                }
            }
            Fate::Update(_) => {}
        }
    }
    for item in
        draft.items.iter().filter(|item| item.ty == ResourceType::QuestionnaireResponse && item.is_written())
    {
        found.extend(filled_in_by_another(draft, item)?);
    }
    Ok(found)
}

/// The name on a reminder card, when it has no word in common with the names of the person whose card it should be.
fn filled_in_by_another(draft: &Draft<'_>, item: &Item) -> Result<Option<Otherwise>, Refusal> {
    let response = questionnaire_response::read(&item.value, draft.base());
    let Named::Known(form) = questionnaire::of(response.questionnaire.as_deref().unwrap_or_default()) else {
        return Ok(None);
    };
    let answered = response.items.iter().find(|answered| form.name == CARD && answered.link_id == NAME);
    let name = answered.and_then(|answered| match answered.answers.first() {
        Some(Answer::Text(name)) => Some(name),
        _ => None,
    });
    let subject = response.subject.as_ref().and_then(Reference::local).map(|(_, id)| id);
    let Some((patient, name)) = subject.zip(name) else { return Ok(None) };
    let known = match draft.items.iter().find(|item| item.id == patient) {
        Some(item) => Some(&item.value),
        None => draft.stored_value(patient)?,
    };
    let (known, said) = (known.map(names).unwrap_or_default(), words(name));
    let is_other = !known.is_empty() && !said.is_empty() && !said.iter().any(|word| known.contains(word));
    let note = format!("The name on the card is / Le nom inscrit sur la carte est: {name}");
    Ok(is_other.then(|| Otherwise { patient, at: item.at.clone(), note, is_known: false }))
}

/// Asks a person to look at the referrals of this submission that are about somebody in doubt. Where no team looks first
/// a referral about a known person would go to a partner with that person's data: it is refused.
pub(super) async fn ask(draft: &mut Draft<'_>, otherwise: Vec<Otherwise>) -> Result<(), Refusal> {
    for one in otherwise {
        let rows = draft.change.loops.iter().filter(|row| row.patient == one.patient && draft.creates(row.id));
        let rows: Vec<_> = rows.cloned().collect();
        for mut row in rows {
            match (&row.work.team, one.is_known) {
                (None, true) => return Err(Refusal::rule(somebody_else(one.at))),
                (None, false) => continue,
                (Some(_), _) => {}
            }
            let about = if row.id == row.request { "ServiceRequest" } else { "Task" };
            let note = json!({
                "resourceType": "Communication",
                "status": "completed",
                "category": [{ "coding": [{ "system": codes::COMMUNICATION, "code": "note" }] }],
                "subject": { "reference": format!("Patient/{}", row.patient) },
                "about": [{ "reference": format!("{about}/{}", row.id) }],
                "sent": draft.now.to_string(),
                "payload": [{ "contentString": one.note }],
            });
            draft.create(ResourceType::Communication, note);
            row.attention = Some(Attention::PatientInDoubt.code());
            work::fill(draft, &mut row, false).await?;
            draft.change.loops.retain(|other| other.id != row.id);
            draft.change.loops.push(row);
        }
    }
    Ok(())
}

/// Whether two records of a person are rather of two people: born on other days, or with no name in common.
fn differs(known: &Value, said: &Value) -> bool {
    let born = |person: &Value| text(person, "birthDate");
    let other_day = born(known).zip(born(said)).is_some_and(|(known, said)| {
        let as_far = known.len().min(said.len());
        known.get(..as_far) != said.get(..as_far)
    });
    let (known, said) = (names(known), names(said));
    let other_name = !known.is_empty() && !said.is_empty() && !said.iter().any(|word| known.contains(word));
    other_day || other_name
}

fn names(person: &Value) -> Vec<String> {
    items(person, "name").flat_map(|name| words(&written(name))).collect()
}

fn written(name: &Value) -> String {
    let given = items(name, "given").filter_map(Value::as_str).map(str::to_owned);
    let parts: Vec<String> = given.chain(text(name, "family")).chain(text(name, "text")).collect();
    parts.join(" ")
}

fn called(person: &Value) -> String {
    let name = items(person, "name").next().map(written).unwrap_or_default();
    [Some(name), text(person, "birthDate")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Somebody else of this clinic who has the health card of `person`, and is another by name or date of birth.
async fn same_card(draft: &Draft<'_>, person: &Value) -> Result<Option<Value>, Refusal> {
    let card = identifiers(person).into_iter().find(|known| known.system == HEALTH_CARD);
    let Some(card) = card else { return Ok(None) };
    let token = TokenMatch { system: Some(card.system), code: Some(card.value) };
    let query = Query {
        kind: ResourceType::Patient.kind(),
        clauses: vec![Clause::Token { param: parameters::IDENTIFIER, any: vec![token] }],
        order: Order::Created,
        after: None,
        limit: MAX_PEOPLE,
        total: false,
    };
    for record in draft.desk.0.store.search(draft.own(), &query).await?.records {
        let known = record.body.as_deref().map(parse).transpose()?;
        if let Some(known) = known.filter(|known| differs(known, person)) {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

fn somebody_else(at: String) -> Issue {
    Issue::error(
        "R-PATIENT-DIFFERS",
        Fault::BusinessRule,
        at,
        "this number is known here with another name or date of birth, and a partner would be told of that person; \
         nothing was stored",
        "check the number; when it is the same person, first bring the Patient on this server up to date",
    )
}
