//! Searches as SQL: one arm per partition that may be seen, each led by its most selective clause, merged and cut to a
//! page before any body is read.
//!
//! A limit is spelled `$n + 0`: by a bare `$n` SQLite plans, and prepares the statement anew each time it is bound.

use sqlx::query::Query as Statement;
use sqlx::sqlite::{Sqlite as Engine, SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use crate::domain::clock::Timestamp;
use crate::domain::id::{Kind, Param, ResourceId};
use crate::domain::search::{Clause, Order, Query, ReferenceMatch, TokenMatch};
use crate::domain::visibility::Visibility;
use crate::store::sqlite::Sqlite;
use crate::store::sqlite::connection::unavailable;
use crate::store::sqlite::facts::{id, narrow};
use crate::store::sqlite::read::{RECORD, RECORD_COLUMNS, page, party, record, records};
use crate::store::sqlite::write::param;
use crate::store::{Page, Record, StoreError, words};

impl Sqlite {
    pub(in crate::store) async fn search(&self, seen: Visibility, query: &Query) -> Result<Page, StoreError> {
        let mut found = if query.limit == 0 {
            Page { records: Vec::new(), next: None, total: None }
        } else {
            let mut search = Search::new(seen, self.inner.clock.now(), query);
            let sql = search.page();
            let rows = self.rows(bound(sql, search.values)).await?;
            page(records(&rows)?, query.limit)
        };
        if query.total || query.limit == 0 {
            let mut search = Search::new(seen, self.inner.clock.now(), query);
            let sql = search.total();
            let rows = self.rows(bound(sql, search.values)).await?;
            let total = rows.first().map_or(Ok(0), |row| row.try_get::<i64, _>(0)).map_err(unavailable)?;
            found.total = Some(u64::try_from(total).unwrap_or(0));
        }
        Ok(found)
    }

    pub(in crate::store) async fn find(
        &self,
        seen: Visibility,
        queries: &[Query],
    ) -> Result<Vec<Vec<Record>>, StoreError> {
        let mut found = vec![Vec::new(); queries.len()];
        for (group, queries) in queries.chunks(AT_ONCE).enumerate() {
            let mut values = Vec::new();
            let mut pages = Vec::with_capacity(queries.len());
            for (place, query) in queries.iter().enumerate() {
                let mut search = Search { values, ..Search::new(seen, self.inner.clock.now(), query) };
                pages.push(format!("select p.*, {place} from ({}) p", search.page()));
                values = search.values;
            }
            let sql = pages.join(" union all ");
            for row in &self.rows(bound(sql, values)).await? {
                let (place, (_, record)) = placed(row).map_err(unavailable)?;
                let query = group * AT_ONCE + place;
                if found[query].len() < usize::try_from(queries[place].limit).unwrap_or(usize::MAX) {
                    found[query].push(record);
                }
            }
        }
        Ok(found)
    }

    pub(in crate::store) async fn find_by_words(
        &self,
        seen: Visibility,
        kind: Kind,
        name: Param,
        words: &[String],
        limit: u32,
    ) -> Result<Vec<ResourceId>, StoreError> {
        let Some(mut sql) = words::find::<sqlx::Sqlite>(seen, param(kind, name), words, limit) else {
            return Ok(Vec::new());
        };
        let found = self.rows(sql.build()).await?;
        found.iter().map(|row| id(row, 0)).collect::<Result<_, _>>().map_err(unavailable)
    }
}

/// Queries in one statement: more are asked in turn, so that a large Bundle makes no statement of its own size.
const AT_ONCE: usize = 8;

fn placed(row: &SqliteRow) -> Result<(usize, (i64, Record)), sqlx::Error> {
    Ok((narrow(row.try_get(RECORD_COLUMNS)?)?, record(row)?))
}

/// A part of the record that is searched by itself, because an index leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    /// One partition, by its number.
    Partition(i64),
    /// What was disclosed to the party, outside the directory.
    Disclosed,
    /// All partitions.
    Everything,
}

impl Arm {
    fn seen_by(seen: Visibility) -> Vec<Self> {
        match seen {
            Visibility::Custodian(custodian) if custodian.0 == 0 => vec![Self::Partition(0)],
            Visibility::Custodian(custodian) => vec![Self::Partition(custodian.0.into()), Self::Partition(0)],
            Visibility::Recipient(_) => vec![Self::Disclosed, Self::Partition(0)],
            Visibility::Lariat => vec![Self::Everything],
        }
    }
}

/// A search being spelled: its parameters so far.
struct Search<'q> {
    query: &'q Query,
    arms: Vec<Arm>,
    party: i64,
    /// When a recipient looks.
    at: Timestamp,
    values: Vec<Bound>,
}

impl<'q> Search<'q> {
    fn new(seen: Visibility, at: Timestamp, query: &'q Query) -> Self {
        Self { query, arms: Arm::seen_by(seen), party: party(seen), at, values: Vec::new() }
    }

    fn page(&mut self) -> String {
        let order = match self.query.order {
            Order::Created => "seq",
            Order::UpdatedAscending => "updated_at, seq",
            Order::UpdatedDescending => "updated_at desc, seq desc",
        };
        let arms = self.union(true);
        let limit = self.int(i64::from(self.query.limit) + 1);
        let outer = order.replace("seq", "k.seq").replace("updated_at", "k.updated_at");
        format!(
            "select {RECORD} from (select seq, updated_at from ({arms}) order by {order} limit {limit} + 0) k
             cross join resource r on r.seq = k.seq order by {outer}"
        )
    }

    fn total(&mut self) -> String {
        format!("select count(*) from ({})", self.union(false))
    }

    fn union(&mut self, paged: bool) -> String {
        let arms: Vec<String> = self.arms.clone().into_iter().map(|arm| self.arm(arm, paged)).collect();
        arms.join(" union all ")
    }

    fn arm(&mut self, arm: Arm, paged: bool) -> String {
        let kind = self.int(self.query.kind.0.into());
        let mut conditions = vec![format!("r.kind = {kind}"), "r.body is not null".into()];
        let custodian = match arm {
            Arm::Partition(custodian) => format!("custodian = {}", self.int(custodian)),
            Arm::Disclosed => "custodian <> 0".into(),
            Arm::Everything => "custodian in (select party from clock where side = 0)".into(),
        };
        conditions.push(format!("r.{custodian}"));
        let leader = if arm == Arm::Disclosed { None } else { leader(&self.query.clauses) };
        // Of what was disclosed, the index is asked before the record is looked up.
        let mut disclosed = Vec::new();
        for (place, clause) in self.query.clauses.iter().enumerate() {
            let indexed = matches!(clause, Clause::Token { .. } | Clause::Reference { .. });
            if arm == Arm::Disclosed && indexed {
                disclosed.push(self.following("v.resource", clause));
            } else if leader != Some(place) {
                conditions.push(self.following("r.seq", clause));
            }
        }
        let first = match (arm, leader) {
            (Arm::Disclosed, _) => {
                let (party, at) = (self.int(self.party), self.int(self.at.as_millis()));
                let shown =
                    format!("v.recipient = {party} and v.kind = {kind} and {at} >= v.since and {at} < v.until");
                disclosed.insert(0, shown);
                Some(format!("select v.resource from visible v where {}", disclosed.join(" and ")))
            }
            (_, Some(place)) => self.leading(&custodian, &self.query.clauses[place]),
            (_, None) => None,
        };
        // "cross join" is SQLite's word for "in this order": left to itself it may walk a whole kind in the order asked.
        let from = first.map_or("resource r".into(), |first| {
            format!("({first}) t cross join resource r on r.seq = t.resource")
        });
        if paged {
            conditions.extend(self.after());
        }
        format!("select r.seq, r.updated_at from {from} where {}", conditions.join(" and "))
    }

    fn after(&mut self) -> Option<String> {
        let last = self.query.after?;
        let seq = self.int(last.sequence);
        Some(match self.query.order {
            Order::Created => format!("r.seq > {seq}"),
            Order::UpdatedAscending => {
                let at = self.int(last.updated_at.as_millis());
                format!("(r.updated_at, r.seq) > ({at}, {seq})")
            }
            Order::UpdatedDescending => {
                let at = self.int(last.updated_at.as_millis());
                format!("(r.updated_at, r.seq) < ({at}, {seq})")
            }
        })
    }

    /// The resources that a clause finds, each once, by the index that the custodian leads.
    fn leading(&mut self, custodian: &str, clause: &Clause) -> Option<String> {
        Some(match clause {
            Clause::Id(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| self.id(*id)).collect();
                format!("select seq as resource from resource where id in ({})", ids.join(", "))
            }
            Clause::Token { param: name, any } => {
                let name = self.int(param(self.query.kind, *name));
                let arms: Vec<String> = self
                    .tokens(any)
                    .into_iter()
                    .map(|tokens| {
                        format!(
                            "select resource from index_token where {custodian} and param = {name} and {tokens}"
                        )
                    })
                    .collect();
                format!("select distinct resource from ({})", arms.join(" union all "))
            }
            Clause::Reference { param: name, any } => {
                let name = self.int(param(self.query.kind, *name));
                let targets = self.targets(any);
                format!(
                    "select distinct resource from index_reference
                     where {custodian} and param = {name} and target in ({targets})"
                )
            }
            Clause::Updated { .. } | Clause::Missing { .. } => return None,
        })
    }

    /// A clause that is asked of each `resource` found by another way, in the index that the resource leads.
    fn following(&mut self, resource: &str, clause: &Clause) -> String {
        match clause {
            Clause::Id(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| self.id(*id)).collect();
                format!("r.id in ({})", ids.join(", "))
            }
            Clause::Updated { from, until } => {
                let from = from.map(|from| format!("r.updated_at >= {}", self.int(from.as_millis())));
                let until = until.map(|until| format!("r.updated_at < {}", self.int(until.as_millis())));
                let bounds: Vec<String> = from.into_iter().chain(until).collect();
                if bounds.is_empty() { "true".into() } else { bounds.join(" and ") }
            }
            Clause::Token { param: name, any } => {
                let name = self.int(param(self.query.kind, *name));
                let tokens = self.tokens(any);
                let any = if tokens.is_empty() { "false".into() } else { tokens.join(" or ") };
                format!(
                    "exists (select 1 from index_token t indexed by index_token_by_resource
                     where t.resource = {resource} and t.param = {name} and ({any}))"
                )
            }
            Clause::Reference { param: name, any } => {
                let name = self.int(param(self.query.kind, *name));
                let targets = self.targets(any);
                format!(
                    "exists (select 1 from index_reference t indexed by index_reference_by_resource
                     where t.resource = {resource} and t.param = {name} and t.target in ({targets}))"
                )
            }
            Clause::Missing { param: name, missing } => {
                let name = self.int(param(self.query.kind, *name));
                let not = if *missing { "not " } else { "" };
                format!(
                    "{not}(exists (select 1 from index_token t where t.resource = {resource} and t.param = {name})
                     or exists (select 1 from index_reference t where t.resource = {resource} and t.param = {name}))"
                )
            }
        }
    }

    /// The alternatives as at most four conditions: SQLite limits how many may be joined by "or", not how long a
    /// list is.
    fn tokens(&mut self, any: &[TokenMatch]) -> Vec<String> {
        let (mut conditions, mut codes, mut systems, mut pairs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for token in any {
            match (&token.system, &token.code) {
                (None, None) => conditions = vec!["true".to_owned()],
                (None, Some(code)) => codes.push(self.text(code)),
                (Some(system), None) => systems.push(self.text(system)),
                (Some(system), Some(code)) => pairs.push((self.text(system), self.text(code))),
            }
        }
        if !codes.is_empty() {
            conditions.push(format!("code in ({})", codes.join(", ")));
        }
        if !systems.is_empty() {
            conditions.push(format!("system in (select id from term where text in ({}))", systems.join(", ")));
        }
        match &pairs[..] {
            [] => (),
            [(system, code)] => {
                conditions
                    .push(format!("(code = {code} and system = (select id from term where text = {system}))"));
            }
            _ => {
                let rows: Vec<String> = pairs.iter().map(|(system, code)| format!("({system}, {code})")).collect();
                conditions.push(format!(
                    "(system, code) in (select term.id, pair.column2
                     from (values {}) as pair join term on term.text = pair.column1)",
                    rows.join(", ")
                ));
            }
        }
        conditions
    }

    fn targets(&mut self, any: &[ReferenceMatch]) -> String {
        let targets: Vec<String> = any
            .iter()
            .map(|target| match target {
                ReferenceMatch::Local(id) => self.id(*id),
                ReferenceMatch::Url(url) => self.bytes(url.as_bytes()),
            })
            .collect();
        targets.join(", ")
    }

    fn int(&mut self, value: i64) -> String {
        self.bind(Bound::Int(value))
    }

    fn text(&mut self, value: &str) -> String {
        self.bind(Bound::Text(value.to_owned()))
    }

    fn bytes(&mut self, value: &[u8]) -> String {
        self.bind(Bound::Bytes(value.to_vec()))
    }

    fn id(&mut self, id: ResourceId) -> String {
        self.bytes(id.as_bytes())
    }

    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// A value beside the text of a search.
enum Bound {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The statement with its values, in the order of their numbers.
fn bound(sql: String, values: Vec<Bound>) -> Statement<'static, Engine, SqliteArguments> {
    values.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |statement, value| match value {
        Bound::Int(value) => statement.bind(value),
        Bound::Text(value) => statement.bind(value),
        Bound::Bytes(value) => statement.bind(value),
    })
}

/// The clause to begin with: an identifier or a code of a system finds few, a reference some, a bare code many. A
/// clause that names neither code nor system is no lead.
fn leader(clauses: &[Clause]) -> Option<usize> {
    let rank = |clause: &Clause| match clause {
        Clause::Id(_) => Some(0),
        Clause::Token { any, .. } => any
            .iter()
            .map(|token| match (&token.code, &token.system) {
                (Some(_), Some(system)) if !system.is_empty() => Some(1),
                (Some(_), _) => Some(3),
                (None, _) => None,
            })
            .collect::<Option<Vec<u8>>>()
            .and_then(|ranks| ranks.into_iter().max()),
        Clause::Reference { .. } => Some(2),
        Clause::Updated { .. } | Clause::Missing { .. } => None,
    };
    let ranked = clauses.iter().enumerate().filter_map(|(place, clause)| Some((rank(clause)?, place)));
    ranked.min().map(|(_, place)| place)
}
