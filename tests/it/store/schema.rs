//! The schema: opened only when it is exactly this program's; and what is on disk is there after a restart.

use lariat::domain::visibility::Visibility;
use lariat::store::{Location, Options, Store, StoreError};

use sqlx::{Connection, Executor};

use crate::store::bench::{Bench, in_cluster};
use crate::store::post_room::ask;
use crate::store::whole::Whole;

on_both_databases!(
    an_empty_database_is_older,
    a_database_of_a_newer_program_is_refused,
    migrating_twice_does_nothing,
    two_nodes_may_migrate_at_once,
    pending_migrations_are_shown,
    a_loop_from_before_there_were_worklists_is_listed_while_it_is_open,
    a_restart_keeps_everything,
    a_party_keeps_its_number,
    a_record_that_cannot_be_reached_is_unavailable,
    the_schema_is_read_and_migrated_beside_a_running_node,
);

async fn an_empty_database_is_older(bench: &Bench) {
    let location = bench.empty_database().await;
    let opened = Store::open(Options { location: location.clone(), ..bench.options("one") }).await;
    assert!(matches!(opened, Err(StoreError::OlderSchema)), "{opened:?}");
    let status = Store::schema(&location).await.expect("the schema is read");
    assert_eq!(status.applied, 0);
    assert!(status.known >= 1);
}

async fn a_database_of_a_newer_program_is_refused(bench: &Bench) {
    bench.store.close().await;
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'later', true, 'x', 0)";
    match &bench.location {
        Location::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("the file opens");
            connection.execute(later).await.expect("the row is written");
            connection.close().await.expect("the connection closes");
        }
        Location::Postgres(url) => in_cluster(url, later).await,
    }
    let opened = Store::open(bench.options("one")).await;
    assert!(matches!(opened, Err(StoreError::NewerSchema)), "{opened:?}");
    let migrated = Store::migrate(&bench.location).await;
    assert!(matches!(migrated, Err(StoreError::NewerSchema)), "{migrated:?}");
    let status = Store::schema(&bench.location).await.expect("the schema is read");
    assert_eq!(status.applied, 9999);
}

async fn migrating_twice_does_nothing(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.create(custodian, vec![]).await;
    let status = Store::migrate(&bench.location).await.expect("a second migration does nothing");
    assert_eq!(status.applied, status.known);
    assert_eq!(Store::schema(&bench.location).await.expect("the schema is read"), status);
    assert!(bench.read(id).await.is_some());
}

async fn two_nodes_may_migrate_at_once(bench: &Bench) {
    let location = bench.empty_database().await;
    let (one, two) = tokio::join!(Store::migrate(&location), Store::migrate(&location));
    let (one, two) = (one.expect("the first migrates"), two.expect("the second waits"));
    assert_eq!((one.applied, two.applied), (one.known, one.known));
    let store = Store::open(Options { location, ..bench.options("one") }).await.expect("a migrated store opens");
    store.close().await;
}

async fn pending_migrations_are_shown(bench: &Bench) {
    let location = bench.empty_database().await;
    let pending = Store::pending_sql(&location).await.expect("the SQL is shown");
    let status = Store::schema(&location).await.expect("the schema is read");
    assert_eq!(status.applied, 0, "showing migrates nothing");
    assert_eq!(pending.last().map(|(number, _)| *number), Some(status.known));
    assert!(pending.is_sorted_by(|one, two| one.0 < two.0));
    assert!(pending.iter().all(|(_, sql)| sql.contains("create table") || sql.contains("alter table")));
    assert_eq!(Store::pending_sql(&bench.location).await.expect("the SQL is shown"), []);
}

async fn a_loop_from_before_there_were_worklists_is_listed_while_it_is_open(bench: &Bench) {
    let location = bench.empty_database().await;
    let pending = Store::pending_sql(&location).await.expect("the SQL is shown");
    let (before, after): (Vec<_>, Vec<_>) = pending.into_iter().partition(|(number, _)| *number < 3);
    let mut script: Vec<String> = before.into_iter().map(|(_, sql)| sql.to_owned()).collect();
    for (place, (state, attention)) in
        [("requested", "null"), ("completed", "null"), ("needs-routing", "null"), ("failed", "'dead-letter'")]
            .into_iter()
            .enumerate()
    {
        let id = match &location {
            Location::Sqlite(_) => format!("x'{place:032x}'"),
            Location::Postgres(_) => format!("'{place:032x}'"),
        };
        script.push(format!(
            "insert into loop (id, custodian, reference, source, request, patient, state, attention, opened_at,
               changed_at)
             values ({id}, 1, 'LR-{place}', 'emr', {id}, {id}, '{state}', {attention}, 0, 0);"
        ));
    }
    script.extend(after.into_iter().map(|(_, sql)| sql.to_owned()));
    let standings = "select cast(coalesce(standing, -1) as integer) from loop order by reference";
    let script = sqlx::AssertSqlSafe(script.join("\n"));
    let found = match &location {
        Location::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
            let mut db = sqlx::SqliteConnection::connect_with(&options).await.expect("the file opens");
            sqlx::raw_sql(script).execute(&mut db).await.expect("the migrations run");
            sqlx::query_scalar::<_, i32>(standings).fetch_all(&mut db).await
        }
        Location::Postgres(url) => {
            let mut db = sqlx::PgConnection::connect(url).await.expect("the database opens");
            sqlx::raw_sql(script).execute(&mut db).await.expect("the migrations run");
            sqlx::query_scalar::<_, i32>(standings).fetch_all(&mut db).await
        }
    };
    // Not seen yet, on no worklist, not seen yet, asks for a person.
    assert_eq!(found.expect("the rows are read"), [1, -1, 1, 0]);
}

async fn a_restart_keeps_everything(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let whole = Whole::new(bench, custodian, "kept").await;
    bench.commit(whole.change(bench)).await;
    let before = bench.read(whole.task).await;
    let queued = bench.messages(whole.task).await;
    let chain = bench.store.audit(custodian, "one", 0, 10).await.expect("the chain is read");

    let again = bench.around(bench.reopen().await, &bench.location);
    whole.assert_stored(&again).await;
    assert_eq!(again.read(whole.task).await, before);
    assert_eq!(again.messages(whole.task).await, queued);
    assert_eq!(again.store.audit(custodian, "one", 0, 10).await.expect("the chain is read"), chain);
    assert_eq!(again.claim_one().await.message_id, queued[0].message_id);

    for refused in [
        bench.store.read(Visibility::Lariat, &[whole.task]).await.err(),
        bench.store.receipt("suite", "kept").await.err(),
        bench.store.claim(ask(bench)).await.err(),
        bench.store.messages(whole.task).await.err(),
        bench.store.commit(whole.change(bench)).await.err(),
    ] {
        assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{refused:?}");
    }
    again.store.close().await;
}

async fn a_party_keeps_its_number(bench: &Bench) {
    // A claim leaves the connection in the mode that waits for no fsync.
    bench.claim().await;
    let (custodian, recipient) = (bench.custodian("riverbend").await, bench.recipient("riverbend").await);
    assert_eq!((bench.custodian("riverbend").await, bench.recipient("riverbend").await), (custodian, recipient));
    assert_ne!(bench.custodian("lakeside").await, custodian);
    let again = bench.around(bench.reopen().await, &bench.location);
    assert_eq!((again.custodian("riverbend").await, again.recipient("riverbend").await), (custodian, recipient));
    again.store.close().await;
}

async fn a_record_that_cannot_be_reached_is_unavailable(bench: &Bench) {
    let nowhere = match &bench.location {
        Location::Sqlite(path) => Location::Sqlite(path.join("no-such-folder").join("record.db")),
        Location::Postgres(url) => Location::Postgres(format!("{url}_that_does_not_exist")),
    };
    let opened = Store::open(Options { location: nowhere.clone(), ..bench.options("one") }).await;
    assert!(opened.is_err(), "{opened:?}");
    let migrated = Store::migrate(&nowhere).await;
    assert!(matches!(migrated, Err(StoreError::Unavailable(_))), "{migrated:?}");
}

async fn the_schema_is_read_and_migrated_beside_a_running_node(bench: &Bench) {
    let status = Store::schema(&bench.location).await.expect("the schema is read");
    assert_eq!(status.applied, status.known);
    assert_eq!(Store::migrate(&bench.location).await.expect("nothing is to be done"), status);
    assert_eq!(Store::pending_sql(&bench.location).await.expect("the SQL is shown"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_of_one_sqlite_file_is_refused_until_the_first_ends() {
    let bench = Bench::sqlite().await;
    let Location::Sqlite(path) = &bench.location else { unreachable!("the bench is SQLite's") };
    let link = path.with_extension("link");
    std::os::unix::fs::symlink(path, &link).expect("a link is made");
    for same in [path.clone(), link] {
        let refused = Store::open(Options { location: Location::Sqlite(same), ..bench.options("two") }).await;
        assert_eq!(
            refused.expect_err("one node serves a file").to_string(),
            "the store is not available: another Lariat serves from this SQLite file: stop that one, or give this \
             one a file of its own"
        );
    }
    let custodian = bench.custodian("riverbend").await;
    let whole = Whole::new(&bench, custodian, "kept").await;
    bench.commit(whole.change(&bench)).await;
    let again = bench.around(bench.reopen().await, &bench.location);
    whole.assert_stored(&again).await;
    again.store.close().await;
}
