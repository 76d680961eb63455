//! The parts of a running server: none may end unnoticed.

use std::fs;
use std::time::Duration;

use lariat::cli::assemble;
use lariat::config::Config;
use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::store::{Location, Store};
use serde_json::Value;
use sqlx::{Connection, Executor};
use tokio::net::TcpListener;

use crate::cli::folder;

#[tokio::test]
async fn a_part_that_breaks_ends_the_server_with_a_failure() {
    let (folder, path) = folder("");
    let database = folder.path().join("lariat.db");
    fs::write(&path, format!("[store]\nlocation = \"sqlite:{}\"\n", database.display())).unwrap();
    let config = Config::load(Some(&path)).unwrap();
    Store::migrate(&Location::Sqlite(database.clone())).await.unwrap();
    let running = assemble(&config, Clock::System, Ids::seeded([9; 32])).await.unwrap();
    // The post room cannot work with this record and says so, to a log that is broken itself.
    let mut fault = sqlx::SqliteConnection::connect(&format!("sqlite:{}", database.display())).await.unwrap();
    fault.execute("alter table lane rename to lane_away").await.unwrap();
    let broken = || -> std::io::Stderr { panic!("the log is broken") };
    let guard = tracing::subscriber::set_default(tracing_subscriber::fmt().with_writer(broken).finish());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let run = running.run(listener, std::future::pending(), Duration::from_secs(5));
    let ended = tokio::time::timeout(Duration::from_secs(30), run).await;
    drop(guard);
    let failure = ended.expect("the server ends").unwrap_err();
    let told: Value = serde_json::from_str(&failure.json()).unwrap();
    assert_eq!((&told["exit"], &told["code"]), (&Value::from(1), &Value::from("unexpected")));
    assert!(told["message"].as_str().unwrap().starts_with("a part of the server ended"), "{told}");
}
