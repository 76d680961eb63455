//! The reading of a search's query string.
//!
//! R4 search.html. What is known but used in a way that is not served (a modifier, a chain) is refused always: to
//! ignore it would widen the search.

use crate::domain::issue::{Fault, Issue, Severity};
use crate::domain::search::{Cursor, Order, Query};
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::criteria::{self, Rejected};
use crate::fhir::search::cursor;
use crate::fhir::search::form;
use crate::fhir::search::include::Include;
use crate::fhir::search::parameters;

/// Bytes of a query string. Chosen: what common HTTP servers take as a URL.
const MAX_QUERY_BYTES: usize = 8 * 1024;
/// Parameters of one query. Chosen: four times what any client observed sends.
const MAX_PARAMETERS: usize = 30;
/// Matches on a page when the client names no number. Chosen.
const DEFAULT_COUNT: u32 = 50;
/// Matches on a page at most; a larger `_count` is cut to it. Chosen.
const MAX_COUNT: u32 = 1_000;

/// What to do with parameters that are not known (`Prefer: handling=…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Refuse.
    Strict,
    /// Ignore, and leave out of the self link.
    Lenient,
}

/// A search that was understood. A list of alternatives that is empty finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What is asked of the store.
    pub query: Query,
    /// What comes along.
    pub includes: Vec<Include>,
    /// Warnings: what was ignored, without values.
    pub ignored: Vec<Issue>,
    /// What was understood, as a query string without `_page`, encoded anew.
    pub used: String,
}

impl Search {
    /// The query string of this page.
    pub fn this_page(&self) -> String {
        match self.query.after {
            Some(cursor) => self.page_after(cursor),
            None => self.used.clone(),
        }
    }

    /// The query string of the page after `cursor`.
    pub fn page_after(&self, cursor: Cursor) -> String {
        let separator = if self.used.is_empty() { "" } else { "&" };
        format!("{}{separator}_page={}", self.used, cursor::encode(cursor))
    }
}

/// Reads the query string of a search for `ty`.
///
/// # Errors
/// Every fault found. `at` is empty: a URL has no FHIRPath; the message names the parameter when it is one of ours.
pub fn parse(ty: ResourceType, raw_query: &str, own_base: &str, handling: Handling) -> Result<Search, Vec<Issue>> {
    let pairs = pairs(raw_query)?;
    let mut reading = Reading::new(ty, own_base);
    for (name, value) in &pairs {
        reading.take(name, value);
    }
    reading.finish(handling)
}

/// Reads the criteria of a conditional create, update or reference. The query asks for two matches at most, so that
/// none, one and many can be told apart.
///
/// # Errors
/// As [`parse`]; also when there is no criterion, or a parameter that is none (`_count`, `_sort`, …).
pub fn conditional(ty: ResourceType, raw_query: &str, own_base: &str) -> Result<Query, Vec<Issue>> {
    let raw_query = raw_query.strip_prefix('?').unwrap_or(raw_query);
    let search = parse(ty, raw_query, own_base, Handling::Strict)?;
    let plain = Query { clauses: search.query.clauses, ..Reading::new(ty, own_base).query };
    let only_criteria = pairs(raw_query)?.iter().all(|(name, _)| !name.starts_with('_') || name == "_id");
    if plain.clauses.is_empty() || !only_criteria {
        return Err(vec![Issue::error(
            "R-SEARCH-CONDITION",
            Fault::Value,
            "",
            "The condition has no criterion, or one that does not tell which resource is meant.",
            "Name the resource by a parameter such as identifier=system|value.",
        )]);
    }
    Ok(Query { limit: 2, ..plain })
}

/// A condition in one spelling, however its parameters were escaped and ordered.
pub fn one_spelling(raw_query: &str) -> String {
    let mut pairs = pairs(raw_query.strip_prefix('?').unwrap_or(raw_query)).unwrap_or_default();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Decoded name and value of each parameter.
fn pairs(raw_query: &str) -> Result<Vec<(String, String)>, Vec<Issue>> {
    if raw_query.len() > MAX_QUERY_BYTES {
        return Err(vec![too_costly(format!("The query is longer than {MAX_QUERY_BYTES} bytes."))]);
    }
    let pairs = form::decode(raw_query).ok_or_else(|| {
        vec![Issue::error(
            "R-SEARCH-ESCAPE",
            Fault::Value,
            "",
            "The query holds a percent escape that is incomplete, not UTF-8, or a control character.",
            "Encode the query as UTF-8 with %XX escapes.",
        )]
    })?;
    if pairs.len() > MAX_PARAMETERS {
        return Err(vec![too_costly(format!("The query has more than {MAX_PARAMETERS} parameters."))]);
    }
    Ok(pairs)
}

pub(crate) fn too_costly(message: String) -> Issue {
    Issue::error("R-SEARCH-LIMIT", Fault::TooCostly, "", message, "Ask for less at once.")
}

/// What became of one parameter.
enum Taken {
    /// Understood.
    Used,
    /// Known here, but without effect; not worth a word.
    Silent,
    /// Not served; what to say depends on the handling.
    Unknown(Issue),
    /// Refused whatever the handling.
    Refused(Issue),
}

impl From<Result<(), Rejected>> for Taken {
    fn from(result: Result<(), Rejected>) -> Self {
        match result {
            Ok(()) => Self::Used,
            Err(Rejected::Issue(issue)) => Self::Refused(issue),
            Err(Rejected::Empty(name)) => Self::Unknown(Issue::error(
                "R-SEARCH-EMPTY",
                Fault::Value,
                "",
                format!("The parameter {name} has no value."),
                "Give it a value or leave it out.",
            )),
        }
    }
}

struct Reading<'b> {
    own_base: &'b str,
    query: Query,
    includes: Vec<Include>,
    used: Vec<(String, String)>,
    unknown: Vec<Issue>,
    refused: Vec<Issue>,
    once: Vec<&'static str>,
}

impl<'b> Reading<'b> {
    fn new(ty: ResourceType, own_base: &'b str) -> Self {
        let query = Query {
            kind: ty.kind(),
            clauses: Vec::new(),
            order: Order::Created,
            after: None,
            limit: DEFAULT_COUNT,
            total: false,
        };
        Self {
            own_base,
            query,
            includes: Vec::new(),
            used: Vec::new(),
            unknown: Vec::new(),
            refused: Vec::new(),
            once: Vec::new(),
        }
    }

    fn take(&mut self, name: &str, value: &str) {
        let taken = match name {
            "_count" => self.once("_count").unwrap_or_else(|| self.count(value)),
            "_total" => self.once("_total").unwrap_or_else(|| self.total(value)),
            "_summary" => self.once("_summary").unwrap_or_else(|| self.summary(value)),
            "_sort" => self.once("_sort").unwrap_or_else(|| self.sort(value)),
            "_page" => self.once("_page").unwrap_or_else(|| self.page(value)),
            "_include" => self.include(value),
            "_format" | "_pretty" => Taken::Silent,
            _ => self.criterion(name, value),
        };
        match taken {
            Taken::Used if name != "_page" => self.used.push((name.to_owned(), value.to_owned())),
            Taken::Used | Taken::Silent => {}
            Taken::Unknown(issue) => self.unknown.push(issue),
            Taken::Refused(issue) => self.refused.push(issue),
        }
    }

    /// Refuses a result parameter that is given again.
    fn once(&mut self, name: &'static str) -> Option<Taken> {
        if self.once.contains(&name) {
            return Some(Taken::Refused(bad(name, "is given more than once", "Give it once.")));
        }
        self.once.push(name);
        None
    }

    fn count(&mut self, value: &str) -> Taken {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Taken::Refused(bad("_count", "is not a whole number", "Give a number from 0 to 1000."));
        }
        // Digits that overflow are more than the most that is given.
        self.query.limit = value.parse().unwrap_or(MAX_COUNT).min(MAX_COUNT);
        self.query.total |= self.query.limit == 0;
        Taken::Used
    }

    fn total(&mut self, value: &str) -> Taken {
        match value {
            "accurate" => self.query.total = true,
            "none" | "estimate" => {}
            _ => {
                return Taken::Refused(bad(
                    "_total",
                    "is not a code that FHIR knows",
                    "Give none, estimate or accurate.",
                ));
            }
        }
        Taken::Used
    }

    fn summary(&mut self, value: &str) -> Taken {
        match value {
            "count" => {
                self.query.limit = 0;
                self.query.total = true;
                Taken::Used
            }
            "false" => Taken::Used,
            _ => Taken::Unknown(unsupported("_summary is served only as count or false.")),
        }
    }

    fn sort(&mut self, value: &str) -> Taken {
        self.query.order = match value {
            "_lastUpdated" => Order::UpdatedAscending,
            "-_lastUpdated" => Order::UpdatedDescending,
            // Ids grow with creation.
            "_id" => Order::Created,
            _ => return Taken::Unknown(unsupported("_sort is served only by _lastUpdated, -_lastUpdated or _id.")),
        };
        Taken::Used
    }

    fn page(&mut self, value: &str) -> Taken {
        self.query.after = cursor::decode(value);
        match self.query.after {
            Some(_) => Taken::Used,
            None => Taken::Refused(bad(
                "_page",
                "is not a page of this server",
                "Follow the links of a page as they are.",
            )),
        }
    }

    fn include(&mut self, value: &str) -> Taken {
        if value.starts_with('*') || value.ends_with(":*") {
            return Taken::Refused(unsupported("_include is not served with a wildcard."));
        }
        match Include::read(value) {
            Some(include) => {
                self.includes.push(include);
                Taken::Used
            }
            None => Taken::Refused(unsupported("_include names no reference parameter that is served.")),
        }
    }

    fn criterion(&mut self, name: &str, value: &str) -> Taken {
        let (plain, modifier) = match name.split_once(':') {
            Some((plain, modifier)) => (plain, Some(modifier)),
            None => (name, None),
        };
        match plain {
            "_id" | "_lastUpdated" if modifier.is_some() => {
                Taken::Refused(unsupported("_id and _lastUpdated are served without modifiers."))
            }
            "_id" => criteria::ids(value, &mut self.query.clauses).into(),
            "_lastUpdated" => criteria::updated(value, &mut self.query.clauses).into(),
            _ => self.parameter(plain, modifier, value),
        }
    }

    fn parameter(&mut self, plain: &str, modifier: Option<&str>, value: &str) -> Taken {
        let ty = ResourceType::from_kind(self.query.kind);
        let known = |name| ty.and_then(|ty| parameters::find(ty, name));
        if let Some(parameter) = known(plain) {
            return criteria::parameter(parameter, modifier, value, self.own_base, &mut self.query.clauses).into();
        }
        match plain.split_once('.') {
            Some((first, _)) if known(first).is_some() => {
                Taken::Refused(unsupported("Chained parameters are not served."))
            }
            _ => Taken::Unknown(unsupported(
                "A parameter is not served for this type; /metadata lists those that are.",
            )),
        }
    }

    fn finish(mut self, handling: Handling) -> Result<Search, Vec<Issue>> {
        if handling == Handling::Strict {
            self.refused.append(&mut self.unknown);
        }
        if !self.refused.is_empty() {
            return Err(self.refused);
        }
        let mut ignored = self.unknown;
        ignored.iter_mut().for_each(|issue| issue.severity = Severity::Warning);
        Ok(Search { query: self.query, includes: self.includes, ignored, used: form::encode(&self.used) })
    }
}

fn bad(name: &'static str, what: &'static str, remedy: &'static str) -> Issue {
    Issue::error("R-SEARCH-VALUE", Fault::Value, "", format!("The parameter {name} {what}."), remedy)
}

fn unsupported(message: &'static str) -> Issue {
    Issue::error(
        "R-SEARCH-UNSUPPORTED",
        Fault::NotSupported,
        "",
        message,
        "Leave it out, or search as /metadata describes.",
    )
}
