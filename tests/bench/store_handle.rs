//! SQLite's own interface, as thin as it goes: a handle and prepared statements, on the caller's thread.
#![expect(unsafe_code, reason = "the floor is SQLite itself, without what sqlx adds; nothing else here is unsafe")]

use std::ffi::{CStr, CString, c_int};
use std::path::Path;
use std::ptr::null_mut;

use libsqlite3_sys as ffi;

/// A connection.
pub(crate) struct Handle(*mut ffi::sqlite3);

/// A prepared statement. Must not outlive its handle.
pub(crate) struct Statement(*mut ffi::sqlite3_stmt);

/// A bound value.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl Handle {
    /// Opens an existing file as the store does.
    pub(crate) fn open(path: &Path) -> Self {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        let mut db = null_mut();
        // SAFETY: the path is a C string, and `db` outlives the call.
        let code = unsafe { ffi::sqlite3_open(path.as_ptr(), &raw mut db) };
        let handle = Self(db);
        assert_eq!(code, ffi::SQLITE_OK, "{}", handle.reason());
        for pragma in
            ["journal_mode = wal", "wal_autocheckpoint = 4000", "cache_size = -8192", "busy_timeout = 5000"]
        {
            handle.run(&format!("pragma {pragma}"));
        }
        handle.run("pragma synchronous = full");
        handle
    }

    /// Runs statements without parameters.
    pub(crate) fn run(&self, sql: &str) {
        let sql = CString::new(sql).unwrap();
        // SAFETY: the handle is open, the text is a C string, and there is no callback.
        let code = unsafe { ffi::sqlite3_exec(self.0, sql.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK, "{}", self.reason());
    }

    /// Prepares a statement.
    pub(crate) fn prepare(&self, sql: &str) -> Statement {
        let text = CString::new(sql).unwrap();
        let mut statement = null_mut();
        // SAFETY: the handle is open, the text is a C string, and `statement` outlives the call.
        let code = unsafe { ffi::sqlite3_prepare_v2(self.0, text.as_ptr(), -1, &raw mut statement, null_mut()) };
        assert_eq!(code, ffi::SQLITE_OK, "{}: {sql}", self.reason());
        Statement(statement)
    }

    fn reason(&self) -> String {
        // SAFETY: SQLite answers a C string that stands until the next call on the handle.
        unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) }.to_string_lossy().into_owned()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: opened once, closed once, after its statements: they are declared behind it and dropped before it.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

impl Statement {
    /// Binds, steps to the end and resets; answers the first column of every row.
    pub(crate) fn run(&self, cells: &[Cell<'_>]) -> Vec<i64> {
        for (place, cell) in (1..).zip(cells) {
            let code = self.bind(place, *cell);
            assert_eq!(code, ffi::SQLITE_OK, "parameter {place}");
        }
        let mut rows = Vec::new();
        // SAFETY: the statement is prepared, and what is bound outlives this call.
        while unsafe { ffi::sqlite3_step(self.0) } == ffi::SQLITE_ROW {
            // SAFETY: a row stands ready.
            rows.push(unsafe { ffi::sqlite3_column_int64(self.0, 0) });
        }
        // SAFETY: the statement is prepared. The answer is that of the last step.
        let code = unsafe { ffi::sqlite3_reset(self.0) };
        assert_eq!(code, ffi::SQLITE_OK, "a statement failed");
        rows
    }

    fn bind(&self, place: c_int, cell: Cell<'_>) -> c_int {
        // SAFETY: the bytes stand until the statement is bound anew or finalised, which is after its reset in `run`.
        unsafe {
            match cell {
                Cell::Int(value) => ffi::sqlite3_bind_int64(self.0, place, value),
                Cell::Bytes(bytes) => {
                    let length = c_int::try_from(bytes.len()).unwrap();
                    ffi::sqlite3_bind_blob(self.0, place, bytes.as_ptr().cast(), length, ffi::SQLITE_STATIC())
                }
                Cell::Text(text) => {
                    let length = c_int::try_from(text.len()).unwrap();
                    ffi::sqlite3_bind_text(self.0, place, text.as_ptr().cast(), length, ffi::SQLITE_STATIC())
                }
            }
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: prepared once, finalised once.
        unsafe { ffi::sqlite3_finalize(self.0) };
    }
}
