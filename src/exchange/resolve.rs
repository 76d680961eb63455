//! From what a submission says to what it means here: conditions found or claimed, ids given, references pointed at
//! resources that the caller may see.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::domain::id::{ResourceId, Version};
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::CustodianId;
use crate::exchange::conditions::{self, Found};
use crate::exchange::draft::{Author, Draft, Fate, Item};
use crate::exchange::receive::Submission;
use crate::exchange::{Caller, Desk, Party, Refusal, Why, first};
use crate::fhir::bundle::{Action, Entry};
use crate::fhir::reference::{self, Reference};
use crate::fhir::{ResourceType, search};
use crate::store::{Claim, Record};

/// Reads all that the submission names and gives every entry its fate.
pub(super) async fn resolve<'a>(
    desk: &'a Desk,
    caller: &'a Caller,
    submission: &Submission,
    contested: bool,
) -> Result<Draft<'a>, Refusal> {
    let custodian = match caller.party {
        Party::Custodian(custodian) | Party::Desk(custodian) => custodian,
        // Set by `respond`, from the referral that is answered.
        Party::Recipient(_) => CustodianId::DIRECTORY,
    };
    let mut draft = Draft::new(desk, caller, custodian, contested);
    let mut plan = submission.plan.clone();
    let found = conditions::find(&mut draft, submission).await?;

    let (mut fates, mut stale) = (Vec::with_capacity(plan.entries.len()), Vec::new());
    for (position, entry) in plan.entries.iter().enumerate() {
        let mut entry = Cow::Borrowed(entry);
        stale.push(first::overtaken(&draft, &mut entry));
        let at = submission.at(position);
        first::blindly_taken(&draft, &entry, &at).await?;
        match fate(&mut draft, &entry, &found, &at).await {
            Ok(fate) => fates.push(fate),
            Err(refusal) => return Err(first::told(&draft, &entry, refusal).await?),
        }
    }
    let ends: Vec<_> = plan.entries.iter().zip(&fates).map(|(entry, (id, _))| (entry.ty, *id)).collect();
    let mut referred = BTreeMap::new();
    for wanted in &plan.conditional_references {
        let id = found.one(wanted.ty, &wanted.query, &wanted.at)?.ok_or_else(|| finds_nothing(&wanted.at))?;
        referred.insert(wanted.text.clone(), (wanted.ty, id));
    }
    plan.link(&ends, &referred);

    for (position, ((entry, (id, fate)), stale)) in plan.entries.into_iter().zip(fates).zip(stale).enumerate() {
        draft.items.push(Item {
            at: submission.at(position),
            ty: entry.ty,
            id,
            fate,
            value: entry.resource,
            by: Author::Caller,
            stale,
        });
    }
    distinct(&draft)?;
    references(&mut draft).await?;
    Ok(draft)
}

async fn fate(
    draft: &mut Draft<'_>,
    entry: &Entry,
    found: &Found<'_>,
    at: &str,
) -> Result<(ResourceId, Fate), Refusal> {
    if let Some(record) = conditions::listed(draft, entry).and_then(|id| draft.record(id)) {
        return Ok((record.id, Fate::Keep(record.version)));
    }
    let query = match &entry.action {
        Action::Create { if_none_exist: None } => return Ok((draft.desk.0.ids.next(draft.now), Fate::Create)),
        Action::Update { id, if_match } => {
            let record = draft.record(*id).filter(|record| record.kind == entry.ty.kind());
            return updated(record.ok_or_else(|| Refusal::not_found(at))?, *if_match, at);
        }
        Action::Create { if_none_exist: Some(query) } | Action::ConditionalUpdate { query, .. } => query,
    };
    let matched = found.one(entry.ty, query, at)?.and_then(|id| draft.record(id));
    match (matched, &entry.action) {
        (None, _) => claim(draft, entry.ty, query).await,
        (Some(record), Action::ConditionalUpdate { if_match, .. }) => updated(record, *if_match, at),
        (Some(record), _) => Ok((record.id, Fate::Keep(record.version))),
    }
}

fn updated(record: &Record, if_match: Option<Version>, at: &str) -> Result<(ResourceId, Fate), Refusal> {
    if record.body.is_none() {
        return Err(Refusal { why: Why::Gone, ..Refusal::not_found(at) });
    }
    if if_match.is_some_and(|version| version != record.version) {
        return Err(first::stale(at));
    }
    Ok((record.id, Fate::Update(record.version)))
}

/// A new id that holds the condition from now on, so that of many twins one is created.
async fn claim(draft: &mut Draft<'_>, ty: ResourceType, query: &str) -> Result<(ResourceId, Fate), Refusal> {
    let id = draft.desk.0.ids.next(draft.now);
    let query = search::one_spelling(query);
    let key = match draft.caller.party {
        Party::Custodian(_) | Party::Desk(_) => format!("{ty}?{query}"),
        Party::Recipient(recipient) => format!("recipient {}: {ty}?{query}", recipient.0),
    };
    if draft.change.claims.iter().any(|claim| claim.key == key) {
        return Err(Refusal::rule(Issue::error(
            "R-BUNDLE-TWINS",
            Fault::Duplicate,
            "Bundle",
            "two entries carry the same condition: they would be one resource",
            "send it once, and refer to it by its fullUrl",
        )));
    }
    let replaces = draft.holder(&key).await?;
    draft.change.claims.push(Claim { key, holder: id, replaces });
    Ok((id, Fate::Create))
}

/// The refusal of a conditional reference that means nobody.
fn finds_nothing(at: &str) -> Refusal {
    Refusal::new(
        Why::Ambiguous,
        Issue::error(
            "R-REF-CONDITION",
            Fault::NotFound,
            at,
            "the conditional reference finds nothing that you may see; nothing was stored",
            "check the identifier, or ask the operator to add the organisation to the directory",
        ),
    )
}

/// No two entries write the same resource: their order would decide, and a transaction has none.
fn distinct(draft: &Draft<'_>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match draft.items.iter().find(|item| item.is_written() && !seen.insert(item.id)) {
        None => Ok(()),
        Some(item) => Err(Refusal::rule(Issue::error(
            "R-BUNDLE-TWINS",
            Fault::Duplicate,
            item.at.as_str(),
            "two entries write the same resource",
            "send one entry for each resource",
        ))),
    }
}

/// Every reference to a type that is served here must lead to a resource that the caller may see. One that stands in
/// the version before was checked when it came: a partner sends back what it was shown.
async fn references(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let base = draft.base();
    let mut named = Vec::new();
    for item in draft.items.iter().filter(|item| item.is_written()) {
        let before = draft.stored_value(item.id)?.map(reference::all).unwrap_or_default();
        for found in reference::all(&item.value) {
            if !before.iter().any(|known| known.text == found.text) {
                named.push((format!("{}.{}", item.at, found.at), Reference::parse(found.text, base)));
            }
        }
    }
    draft.load(named.iter().filter_map(|(_, target)| target.local().map(|(_, id)| id)).collect::<Vec<_>>()).await?;
    let issues: Vec<_> =
        named.into_iter().filter(|(_, target)| leads_nowhere(draft, target)).map(|(at, _)| missing(at)).collect();
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}

/// The issue of a reference that leads to nothing that may be referred to.
pub(super) fn missing(at: String) -> Issue {
    Issue::error(
        "R-REF-MISSING",
        Fault::NotFound,
        at,
        "there is no such resource on this server, or none that you may see",
        "send it in the same Bundle and refer to its fullUrl, or refer to it by the id that this server gave",
    )
}

fn leads_nowhere(draft: &Draft<'_>, target: &Reference) -> bool {
    match target {
        Reference::Local { ty, id, .. } => draft.type_of(*id) != Some(*ty),
        // An id of a served type that this server never gave; other types are the sender's own business.
        Reference::Unknown(text) => {
            let ty = text.rsplit('/').nth(1).and_then(ResourceType::from_name);
            ty.is_some()
        }
        Reference::Absolute(_)
        | Reference::Urn(_)
        | Reference::Fragment(_)
        | Reference::Conditional { .. }
        | Reference::Logical { .. } => false,
    }
}

/// A custodian writes in its own partition only.
pub(super) fn own(draft: &Draft<'_>, custodian: CustodianId) -> Result<(), Refusal> {
    let foreign = draft.items.iter().find(|item| {
        matches!(item.fate, Fate::Update(_))
            && draft.record(item.id).is_some_and(|record| record.custodian != custodian)
    });
    match foreign {
        None => Ok(()),
        Some(item) => Err(Refusal::new(
            Why::Forbidden,
            Issue::error(
                "R-DIRECTORY",
                Fault::Forbidden,
                item.at.as_str(),
                "this resource is in the shared directory, which the operator keeps",
                "ask the operator to change it",
            ),
        )),
    }
}
