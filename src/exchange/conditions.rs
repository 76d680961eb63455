//! What a submission's conditions find: all are asked in one visit to the store, and partners are known by heart.

use std::collections::HashMap;

use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::party::CustodianId;
use crate::domain::search::{Clause, Query, TokenMatch};
use crate::exchange::draft::Draft;
use crate::exchange::receive::Submission;
use crate::exchange::{Party, Refusal, Why};
use crate::fhir::ResourceType;
use crate::fhir::bundle::{Action, Entry};
use crate::fhir::search::{self, parameters};
use crate::fhir::translate::identifiers;

/// What each condition found. Its records are in the draft.
#[derive(Default)]
pub(super) struct Found<'s>(HashMap<(ResourceType, &'s str), Match>);

enum Match {
    None,
    One(ResourceId),
    Many,
}

impl Found<'_> {
    /// The one resource that a condition finds, if it finds one.
    pub(super) fn one(&self, ty: ResourceType, query: &str, at: &str) -> Result<Option<ResourceId>, Refusal> {
        match self.0.get(&(ty, query)) {
            None | Some(Match::None) => Ok(None),
            Some(Match::One(id)) => Ok(Some(*id)),
            Some(Match::Many) => Err(Refusal::new(
                Why::Ambiguous,
                Issue::error(
                    "R-CONDITION-MANY",
                    Fault::MultipleMatches,
                    at,
                    "the condition matches several resources; nothing was stored",
                    "use a condition that only one can match, for example its identifier",
                ),
            )),
        }
    }
}

/// Reads what the submission's entries and conditional references name.
pub(super) async fn find<'s>(draft: &mut Draft<'_>, submission: &'s Submission) -> Result<Found<'s>, Refusal> {
    let plan = &submission.plan;
    let mut found = Found::default();
    let (mut ids, mut asked) = (Vec::new(), Vec::new());
    let mut wanted = Vec::new();
    for (position, entry) in plan.entries.iter().enumerate() {
        if let Some(id) = listed(draft, entry) {
            ids.push(id);
        } else if let Action::Update { id, .. } = entry.action {
            ids.push(id);
        } else if let Some(query) = entry.action.condition() {
            wanted.push((entry.ty, query, submission.condition_at(position)));
        }
    }
    wanted.extend(plan.conditional_references.iter().map(|one| (one.ty, one.query.as_str(), one.at.clone())));
    for (ty, text, at) in wanted {
        let query = search::conditional(ty, text, draft.base())
            .map_err(|issues| Refusal::all(Why::Malformed, located(issues, &at)))?;
        if draft.desk.asks_for_undisclosed(draft.caller, ty, &query) {
            // As in a search: what may not be seen is not found by it either.
            found.0.insert((ty, text), Match::None);
        } else if let Some(id) = in_directory(draft, ty, &query) {
            ids.push(id);
            found.0.insert((ty, text), Match::One(id));
        } else if !asked.iter().any(|(condition, _)| *condition == (ty, text)) {
            asked.push(((ty, text), query));
        }
    }
    draft.load(ids).await?;
    let queries: Vec<Query> = asked.iter().map(|(_, query)| query.clone()).collect();
    let pages = match &queries[..] {
        [] => Vec::new(),
        queries => draft.desk.0.store.find(draft.caller.sees(), queries).await?,
    };
    for ((condition, _), mut records) in asked.into_iter().zip(pages) {
        // The directory's own entry wins over a copy that a clinic has made of it.
        if let Some(place) = records.iter().position(|record| record.custodian == CustodianId::DIRECTORY) {
            records.swap(0, place);
            records.truncate(1);
        }
        let matched = match &records[..] {
            [] => Match::None,
            [one] => Match::One(one.id),
            _ => Match::Many,
        };
        found.0.insert(condition, matched);
        records.into_iter().for_each(|record| draft.keep(record));
    }
    Ok(found)
}

/// A condition's own faults name parameters; the sender must hear in which entry.
fn located(issues: Vec<Issue>, at: &str) -> Vec<Issue> {
    issues
        .into_iter()
        .map(|issue| if issue.at.is_empty() { Issue { at: at.to_owned(), ..issue } } else { issue })
        .collect()
}

/// The directory's entry that a clinic means when it sends its own copy of a partner.
pub(super) fn listed(draft: &Draft<'_>, entry: &Entry) -> Option<ResourceId> {
    match (draft.caller.party, entry.ty, &entry.action) {
        (Party::Custodian(_) | Party::Desk(_), ResourceType::Organization, Action::Create { .. }) => {
            identifiers(&entry.resource)
                .iter()
                .find_map(|known| draft.desk.directory().organization(&known.system, &known.value))
        }
        _ => None,
    }
}

/// The partner's Organization, when the condition is its identifier and nothing else.
fn in_directory(draft: &Draft<'_>, ty: ResourceType, query: &Query) -> Option<ResourceId> {
    let [Clause::Token { param, any }] = &query.clauses[..] else { return None };
    match &any[..] {
        [TokenMatch { system: Some(system), code: Some(value) }]
            if ty == ResourceType::Organization && *param == parameters::IDENTIFIER =>
        {
            draft.desk.directory().organization(system, value)
        }
        _ => None,
    }
}
