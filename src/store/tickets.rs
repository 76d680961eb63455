//! What the two databases spell alike of tickets: putting one, and what is done to one that has not expired.

/// Puts a ticket: kind, key, subject, data, expiry.
pub(super) const PUT: &str = "insert into ticket (kind, key, subject, data, tries, expires_at)
    values ($1, $2, $3, $4, 0, $5)
    on conflict (kind, key) do update set subject = excluded.subject, data = excluded.data,
      tries = 0, expires_at = excluded.expires_at";

/// What is done to a ticket; it is answered as it then is, or as it was when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// Nothing.
    Read,
    /// It counts one more try, of so many at most.
    Try(u32),
    /// It is taken out.
    Take,
}

impl Touch {
    /// The statement, of kind, key, the present instant and [`Touch::tries_below`].
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Read => {
                "select key, subject, data, tries, expires_at from ticket
                 where kind = $1 and key = $2 and expires_at > $3 and tries < $4"
            }
            Self::Try(_) => {
                "update ticket set tries = tries + 1
                 where kind = $1 and key = $2 and expires_at > $3 and tries < $4
                 returning key, subject, data, tries, expires_at"
            }
            Self::Take => {
                "delete from ticket where kind = $1 and key = $2 and expires_at > $3 and tries < $4
                 returning key, subject, data, tries, expires_at"
            }
        }
    }

    /// It is left alone unless it was tried less often than this.
    pub(super) fn tries_below(self) -> i64 {
        match self {
            Self::Try(limit) => i64::from(limit),
            Self::Read | Self::Take => i64::MAX,
        }
    }
}
