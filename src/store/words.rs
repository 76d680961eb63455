//! Finding by the beginnings of words, as SQL, the same for both databases: words are tokens without a system, which the
//! index keeps in the order of their bytes.

use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::domain::visibility::Visibility;

/// Words that count. Chosen: more than anybody types of a name.
const WORDS_AT_MOST: usize = 8;
/// Comes behind every letter.
const LAST: char = '\u{10ffff}';

/// The statement; `None` when nothing can be found. A word that holds what PostgreSQL cannot is in no index.
pub(super) fn find<DB: Database>(
    seen: Visibility,
    param: i64,
    words: &[String],
    limit: u32,
) -> Option<QueryBuilder<DB>>
where
    i64: for<'e> Encode<'e, DB> + Type<DB>,
    String: for<'e> Encode<'e, DB> + Type<DB>,
{
    let mut words: Vec<&String> = words.iter().filter(|word| !word.is_empty()).take(WORDS_AT_MOST).collect();
    // The longest finds the fewest.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let (first, others) = words.split_first()?;
    if words.iter().any(|word| word.contains('\0')) {
        return None;
    }
    let mut sql =
        QueryBuilder::new("select r.id from (select t.resource, min(t.code) as code from index_token t where ");
    match seen {
        Visibility::Custodian(custodian) => {
            sql.push("t.custodian in (0, ").push_bind(i64::from(custodian.0)).push(") and ");
        }
        Visibility::Lariat => (),
        Visibility::Recipient(_) => return None,
    }
    push_beginning(&mut sql, "t", param, first);
    for word in others {
        sql.push(" and exists (select 1 from index_token o where o.resource = t.resource and ");
        push_beginning(&mut sql, "o", param, word);
        sql.push(")");
    }
    sql.push(" group by t.resource order by min(t.code), t.resource limit ").push_bind(i64::from(limit));
    sql.push(" + 0) f join resource r on r.seq = f.resource order by f.code, f.resource");
    Some(sql)
}

fn push_beginning<DB: Database>(sql: &mut QueryBuilder<DB>, table: &'static str, param: i64, word: &str)
where
    i64: for<'e> Encode<'e, DB> + Type<DB>,
    String: for<'e> Encode<'e, DB> + Type<DB>,
{
    sql.push(table).push(".param = ").push_bind(param);
    sql.push(" and ").push(table).push(".code >= ").push_bind(word.to_owned());
    sql.push(" and ").push(table).push(".code < ").push_bind(format!("{word}{LAST}"));
}
