//! The store's conformance suite: one list of cases, run on SQLite and on PostgreSQL, only through the contract.
//!
//! A file lists its cases once, in `on_both_databases!`; a case left out of the list is dead code, and one in it
//! runs on both, so that neither database can promise what the other does not. Time is a clock moved by hand.

/// Makes `sqlite::<case>` and `postgres::<case>` out of each `async fn <case>(bench: &Bench)` of the file.
macro_rules! on_both_databases {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let bench = crate::store::bench::Bench::sqlite().await;
                    crate::store::bench::finish(&bench, super::$case(&bench)).await;
                }
            )*
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(bench) = crate::store::bench::Bench::postgres(stringify!($case)).await else { return };
                    crate::store::bench::finish(&bench, super::$case(&bench)).await;
                }
            )*
        }
    };
}

mod bench;
mod post_room;
mod whole;

mod attention;
mod audit;
mod claims;
mod disk;
mod endpoints;
mod expectations;
mod fences;
mod groups;
mod history;
mod holds;
mod index;
mod lanes;
mod loops;
mod oracle;
mod paging;
mod receipts;
mod schema;
mod search;
mod stamps;
mod tickets;
mod versions;
mod visibility;
mod words;
mod worklist;

mod postgres_smoke;
mod sqlite_smoke;

/// A record in which the only message of a referral was given up.
pub(crate) async fn with_a_dead_letter(record: &std::path::Path, reference: &str) {
    use lariat::store::{Change, LoopRow, Next, Put};
    let bench = bench::Bench::sqlite_at(record).await;
    let custodian = bench.custodian("riverbend").await;
    let id = bench.queue(custodian, "partner:oak", &["referral.requested"]).await;
    let loops = vec![LoopRow { reference: reference.to_owned(), ..whole::row(&bench, id, reference, None) }];
    let body = Some(br#"{"status":"requested"}"#.to_vec());
    let puts = vec![Put { body, ..bench::put(id, 2, vec![]) }];
    bench.commit(Change { loops, puts, ..Change::of(custodian) }).await;
    let claimed = bench.claim_one().await;
    bench.record(&claimed, "404", Next::DeadLetter("dead-letter")).await;
    bench.store.close().await;
}
