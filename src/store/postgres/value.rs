//! How values of the domain stand in PostgreSQL: ids as `uuid`, long texts as digests, errors without values.

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

use crate::domain::id::ResourceId;
use crate::store::StoreError;

/// Bytes. Chosen: an index row with two such texts stays far below the 2,704 that a B-tree takes.
const INDEXED_AT_MOST: usize = 500;

/// Stands before a digest. A control character, so that no honest value begins with it.
const DIGEST: &str = "\u{1}sha256:";

/// A text as it is stored and compared: itself, or its digest when it is long or PostgreSQL cannot hold it (NUL).
pub(super) fn indexable(text: &str) -> Cow<'_, str> {
    if text.len() <= INDEXED_AT_MOST && !text.contains('\0') && !text.starts_with('\u{1}') {
        return Cow::Borrowed(text);
    }
    let mut digest = String::from(DIGEST);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    Cow::Owned(digest)
}

/// A URL as a reference's target: its SHA-256, which no local id's 16 bytes can equal.
pub(super) fn url_target(url: &str) -> Vec<u8> {
    Sha256::digest(url.as_bytes()).to_vec()
}

impl Type<Postgres> for ResourceId {
    fn type_info() -> PgTypeInfo {
        // `uuid`, from the server's catalogue pg_type.dat.
        PgTypeInfo::with_oid(Oid(2950))
    }
}

impl PgHasArrayType for ResourceId {
    fn array_type_info() -> PgTypeInfo {
        // `uuid[]`, from the same catalogue.
        PgTypeInfo::with_oid(Oid(2951))
    }
}

impl Encode<'_, Postgres> for ResourceId {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.as_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for ResourceId {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self::from_bytes(value.as_bytes()?.try_into()?)),
            PgValueFormat::Text => Ok(value.as_str()?.parse()?),
        }
    }
}

/// What a failure means to the operator. Never the server's own text: it may quote values, or the address.
pub(super) fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            format!("PostgreSQL answered {code} ({})", meaning(&code))
        }
        sqlx::Error::Io(error) => format!("the connection to PostgreSQL failed ({})", error.kind()),
        sqlx::Error::Tls(_) => "PostgreSQL and Lariat found no common TLS".into(),
        sqlx::Error::PoolTimedOut => "no connection to PostgreSQL became free in time".into(),
        sqlx::Error::PoolClosed => "the store is closed".into(),
        sqlx::Error::Configuration(_) => {
            "the address of PostgreSQL cannot be read: postgres://user@host/name".into()
        }
        sqlx::Error::RowNotFound => "PostgreSQL answered without a row where one is certain".into(),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
            "PostgreSQL answered in a form that this program does not know".into()
        }
        _ => "the exchange with PostgreSQL broke off".into(),
    })
}

/// SQLSTATE in words, PostgreSQL 15, appendix A.
fn meaning(code: &str) -> &'static str {
    match code {
        "53100" => "its disk is full",
        "53200" => "it is out of memory",
        "53300" => "it has no connection left",
        "25006" => "it is read-only",
        "57P01" | "57P02" => "it is shutting down",
        "57P03" => "it is starting or stopping",
        "57014" => "the statement took too long",
        "55P03" => "a lock was not free in time",
        "40001" | "40P01" => "transactions stood in each other's way",
        "28000" | "28P01" => "it refuses the login",
        "3D000" => "there is no such database",
        "42501" => "the login lacks a right",
        "42P01" | "42703" => "a table or column is missing",
        _ => match code.get(..2) {
            Some("08") => "the connection failed",
            Some("22") => "it cannot hold a value",
            Some("23") => "a constraint forbids it",
            Some("53") => "it lacks resources",
            Some("58") => "its disk failed",
            _ => "see its log",
        },
    }
}
