//! Finding a person's referrals: by reference, by health card number, by name.

use crate::domain::id::ResourceId;
use crate::domain::loop_reference::LoopReference;
use crate::domain::search::{Clause, Order, Query, TokenMatch};
use crate::domain::visibility::Visibility;
use crate::exchange::desk::worklist::Row;
use crate::exchange::{Desk, NotDone, Refusal, Staff};
use crate::fhir::ResourceType;
use crate::fhir::search::{parameters, words};
use crate::store::LoopFilter;

/// People whose referrals are looked at, and referrals that are found. Chosen: who finds more types more.
const MAX_PEOPLE: u32 = 1_000;
const MAX_LOOPS: u32 = 500;

/// What somebody looks for. Kept nowhere, logged nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Sought(String);

impl Sought {
    /// What was typed.
    pub fn new(typed: &str) -> Self {
        Self(typed.trim().to_owned())
    }

    /// A business identifier, with the blanks and dashes that people put into numbers and without.
    fn identifiers(&self) -> Vec<String> {
        let bare: String = self.0.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        // An Ontario health card's version code is written behind its ten digits, and is no part of the number.
        let digits: String = bare.chars().take_while(char::is_ascii_digit).collect();
        let mut identifiers = vec![self.0.clone(), bare];
        if digits.len() == 10 {
            identifiers.push(digits);
        }
        identifiers.dedup();
        identifiers
    }
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sought(..)")
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The referrals, open ones first, then the newest.
    pub loops: Vec<ResourceId>,
    /// Whether there are more.
    pub is_cut: bool,
}

/// Leaves out what is more than `most`, and says whether there was any.
fn cut<Any>(found: &mut Vec<Any>, most: u32) -> bool {
    let most = most as usize;
    let is_more = found.len() > most;
    found.truncate(most);
    is_more
}

impl Desk {
    /// The referrals that may be meant, open ones first.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn find_referrals(&self, staff: &Staff, sought: &Sought) -> Result<Found, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        if let Ok(reference) = sought.0.parse::<LoopReference>() {
            let filter = LoopFilter::Reference(reference.to_string());
            let found = self.0.store.loops(seen, filter, 1).await.map_err(Refusal::from)?;
            if !found.is_empty() {
                return Ok(Found { loops: found.into_iter().map(|row| row.id).collect(), is_cut: false });
            }
        }
        let mut people = self.by_identifier(seen, sought).await?;
        if people.is_empty() {
            people = self.by_name(seen, sought).await?;
        }
        let mut is_cut = cut(&mut people, MAX_PEOPLE);
        let filter = LoopFilter::People(people);
        let mut loops = self.0.store.loops(seen, filter, MAX_LOOPS + 1).await.map_err(Refusal::from)?;
        is_cut |= cut(&mut loops, MAX_LOOPS);
        Ok(Found { loops: loops.into_iter().map(|row| row.id).collect(), is_cut })
    }

    /// These referrals as rows, in their order: those that are not there any more are left out.
    ///
    /// # Errors
    /// When it cannot be read now.
    pub async fn referral_rows(&self, staff: &Staff, ids: &[ResourceId]) -> Result<Vec<Row>, NotDone> {
        let seen = Visibility::Custodian(staff.custodian);
        let limit = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let filter = LoopFilter::AnyOf(ids.to_vec());
        let mut records = self.0.store.loops(seen, filter, limit).await.map_err(Refusal::from)?;
        records.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
        Ok(self.as_rows(staff, records).await?)
    }

    async fn by_identifier(&self, seen: Visibility, sought: &Sought) -> Result<Vec<ResourceId>, Refusal> {
        let any = sought.identifiers().into_iter().map(|code| TokenMatch { system: None, code: Some(code) });
        let query = Query {
            kind: ResourceType::Patient.kind(),
            clauses: vec![Clause::Token { param: parameters::IDENTIFIER, any: any.collect() }],
            order: Order::UpdatedDescending,
            after: None,
            limit: MAX_PEOPLE + 1,
            total: false,
        };
        Ok(self.0.store.search(seen, &query).await?.records.into_iter().map(|record| record.id).collect())
    }

    async fn by_name(&self, seen: Visibility, sought: &Sought) -> Result<Vec<ResourceId>, Refusal> {
        let (kind, words) = (ResourceType::Patient.kind(), words(&sought.0));
        Ok(self.0.store.find_by_words(seen, kind, parameters::NAME_WORD, &words, MAX_PEOPLE + 1).await?)
    }
}
