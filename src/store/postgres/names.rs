//! Long texts that recur in every row (code systems, endpoints), each stored once and given a number.
//!
//! A number never changes and is never given again, so a node may remember it: the one cache that the store has.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{PgPool, Row};

/// Names remembered per table, at most; beyond that the memory starts anew. Chosen: some hundred kilobytes.
const REMEMBERED_AT_MOST: usize = 10_000;

/// The numbers that a group's rows need.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// By code system, as stored.
    pub(super) systems: HashMap<String, i32>,
    /// By endpoint, as stored.
    pub(super) endpoints: HashMap<String, i32>,
}

/// The statements of one table of names.
#[derive(Debug)]
struct Statements {
    find: &'static str,
    add: &'static str,
}

/// One table of names, with those that this node has met.
#[derive(Clone, Debug)]
pub(super) struct Names {
    statements: &'static Statements,
    met: Arc<Mutex<HashMap<String, i32>>>,
}

impl Names {
    /// Code systems. The empty text is not stored: it is 0.
    pub(super) fn systems() -> Self {
        Self::of(&Statements {
            find: "select text as name, id from name where text = any($1)",
            add: "insert into name (text) select t.name from unnest($1::text[]) as t (name) order by t.name
                  on conflict (text) do nothing",
        })
    }

    /// Endpoints.
    pub(super) fn endpoints() -> Self {
        Self::of(&Statements {
            find: "select name, id from endpoint where name = any($1)",
            add: "insert into endpoint (name) select t.name from unnest($1::text[]) as t (name) order by t.name
                  on conflict (name) do nothing",
        })
    }

    fn of(statements: &'static Statements) -> Self {
        Self { statements, met: Arc::default() }
    }

    /// The numbers of all `names`, given at first sight in statements of their own: what they are numbered for may
    /// fail afterwards, which leaves a name without a use and harms nobody.
    pub(super) async fn numbers(
        &self,
        db: &PgPool,
        names: BTreeSet<String>,
    ) -> Result<HashMap<String, i32>, sqlx::Error> {
        let mut numbers = HashMap::with_capacity(names.len());
        let mut unknown = Vec::new();
        {
            let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            for name in names {
                match met.get(&name) {
                    Some(number) => drop(numbers.insert(name, *number)),
                    None => unknown.push(name),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(numbers);
        }
        let mut found = self.find(db, &unknown).await?;
        if found.len() < unknown.len() {
            let absent: Vec<&String> = unknown.iter().filter(|name| !found.contains_key(*name)).collect();
            sqlx::query(self.statements.add).bind(absent).execute(db).await?;
            found = self.find(db, &unknown).await?;
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() + found.len() > REMEMBERED_AT_MOST {
            met.clear();
        }
        met.extend(found.iter().map(|(name, number)| (name.clone(), *number)));
        numbers.extend(found);
        Ok(numbers)
    }

    async fn find(&self, db: &PgPool, names: &[String]) -> Result<HashMap<String, i32>, sqlx::Error> {
        let rows = sqlx::query(self.statements.find).bind(names).fetch_all(db).await?;
        rows.iter().map(|row| Ok((row.try_get("name")?, row.try_get("id")?))).collect()
    }
}
