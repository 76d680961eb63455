//! What every house of these tests stands on: files as an operator writes them, and Lariat itself behind a socket.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::Path;

use lariat::cli::{Running, assemble};
use lariat::config::{self, Config};
use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::Ids;
use lariat::store::{Location, Store};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::doors::receiver::Receiver;

/// 2026-11-21T14:00:00Z: when most houses begin.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_795_269_600_000);

/// Where the directory's partners are named.
pub(crate) const PARTNERS: &str = "https://lariat.example/fhir/NamingSystem/partner";

/// Says a figure also where the test passes: the harness keeps back what `println!` writes.
pub(crate) fn say(text: &str) {
    std::io::stdout().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// A socket on loopback, and the base URL of whoever serves there.
pub(crate) fn socket() -> (StdListener, String) {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

/// Lariat with these settings, on a record that is set up first.
pub(crate) async fn running(config: &Config, clock: &Clock, ids: Ids) -> Running {
    let location = match &config.store.location {
        config::Location::Sqlite(path) => Location::Sqlite(path.clone()),
        config::Location::Postgres(url) => Location::Postgres(String::from_utf8(url.expose().to_vec()).unwrap()),
    };
    Store::migrate(&location).await.unwrap();
    assemble(config, clock.clone(), ids).await.unwrap()
}

/// Serves at the socket, until the task is ended.
pub(crate) fn serve(listener: &StdListener, running: &Running) -> JoinHandle<()> {
    let listener = TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
    let router = running.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
}

/// The same, and Lariat knows from which address it is asked: it counts tries by it.
pub(crate) fn serve_by_address(listener: &StdListener, running: &Running) -> JoinHandle<()> {
    let listener = TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
    let service = running.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
}

/// The settings, written into the folder beside their files, and read as an operator's are.
pub(crate) fn settings(folder: &Path, text: &str) -> Config {
    let file = folder.join("lariat.toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file)).unwrap()
}

/// The file of a partner that is no custodian; `rest` says what else there is to it.
pub(crate) fn partner(folder: &Path, name: &str, rest: &str) {
    let text = format!(
        "name = \"{name}\"\ntitle = \"{name}, made up\"\nclass = \"non-custodian\"\n\
         identifier = {{ system = \"{PARTNERS}\", value = \"{name}\" }}\n{rest}"
    );
    fs::write(folder.join(format!("partners/{name}.toml")), text).unwrap();
}

/// The webhook of `name`, whose secret lies in the folder.
pub(crate) fn endpoint(folder: &Path, table: &str, name: &str, receiver: &Receiver) -> String {
    let secret = folder.join(format!("{name}.whsec"));
    format!("[{table}]\nurl = \"http://{}/hook\"\nsecret_files = [\"{}\"]\n", receiver.address, secret.display())
}

/// A file that its owner alone may read.
pub(crate) fn private(file: &Path, text: &[u8]) {
    fs::write(file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
}
