//! `lariat serve`: runs doors, desk and post room until it is asked to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::cli::assemble::{assemble, native_sources};
use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::store::{location, prepare};
use crate::cli::{General, duration, packages, runtime, stop};
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::id::Ids;
use crate::telemetry;

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat serve
  lariat serve --config /etc/lariat/lariat.toml --check
  lariat serve --listen 127.0.0.1:9090 --drain-timeout 10s",
    after_help = ending(
        &[Exit::Done, Exit::Usage, Exit::Denied, Exit::Refused, Exit::Remote, Exit::Interrupted],
        "config/README.md; every setting with its unit and default: config/default.toml",
    )
)]
pub(super) struct Args {
    /// Address and port, instead of the settings'; the base URL follows when it named the same address
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Messages sent at the same time, instead of the settings'
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    workers: Option<u32>,
    /// How long requests and deliveries under way may finish when it is stopped, instead of the settings'
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    drain_timeout: Option<Duration>,
    /// Check the settings, then exit
    #[arg(long)]
    check: bool,
}

pub(super) fn run(general: &General, output: &Output, args: &Args) -> Result<(), Failure> {
    let mut config = general.settings()?;
    if let Some(listen) = args.listen {
        listen_on(&mut config, listen);
    }
    config.delivery.concurrency = args.workers.unwrap_or(config.delivery.concurrency);
    config.server.drain_timeout = args.drain_timeout.unwrap_or(config.server.drain_timeout);
    if args.check {
        native_sources(&config)?;
        let packages = packages::library(&config)?.added().count();
        return output.result(&summary(&config, packages, output.is_json()));
    }
    telemetry::start(&config.log);
    runtime()?.block_on(serve(config))
}

/// Listens elsewhere; a base URL that only repeated the old address follows.
fn listen_on(config: &mut Config, listen: SocketAddr) {
    if config.server.base_url == format!("http://{}", config.server.listen) {
        config.server.base_url = format!("http://{listen}");
    }
    config.server.listen = listen;
}

fn summary(config: &Config, packages: usize, json: bool) -> String {
    let (custodians, clients) = (config.custodians.len(), config.clients.len());
    let (partners, mappings) = (config.partners.len(), config.mappings.len());
    if json {
        serde_json::json!({
            "schema": "lariat/check/1",
            "custodians": custodians,
            "clients": clients,
            "partners": partners,
            "mappings": mappings,
            "packages": packages,
        })
        .to_string()
    } else {
        format!(
            "ok  settings: {custodians} custodians, {clients} clients, {partners} partners, {mappings} mappings, \
             {packages} packages"
        )
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let asks = stop::listen();
    prepare(&location(&config)).await?;
    let listener = bind(config.server.listen).await?;
    let ids = Ids::seeded(seed()?);
    let running = assemble(&config, Clock::System, ids).await?;
    tracing::info!(
        server.listen = %config.server.listen,
        server.base_url = config.server.base_url,
        custodians = config.custodians.len(),
        partners = config.partners.len(),
        packages = running.library.added().count(),
        "Lariat takes requests"
    );
    tokio::select! {
        ended = running.run(listener, stop::times(asks.clone(), 1), config.server.drain_timeout) => ended?,
        () = stop::times(asks, 2) => {
            return Err(Failure::interrupted("nothing that was acknowledged is lost; it goes on at the next start"));
        }
    }
    tracing::info!("Lariat has stopped; what was not delivered is sent at the next start");
    Ok(())
}

/// Listens at `address`.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::new(
            Exit::Failed,
            "port-in-use",
            format!("port {} is in use by another program", address.port()),
            format!(
                "lariat serve --listen {}:{}      (or stop the other program)",
                address.ip(),
                address.port().wrapping_add(1)
            ),
        ),
        io::ErrorKind::PermissionDenied => Failure::new(
            Exit::Denied,
            "port-denied",
            format!("port {} may not be listened on by this user", address.port()),
            "choose a port above 1023, or give the program the right to bind low ports",
        ),
        _ => Failure::new(
            Exit::Failed,
            "listen",
            format!("cannot listen on {address}"),
            "check `[server] listen`: the address must be one of this machine's",
        ),
    })
}

/// 32 bytes of the operating system's randomness, from which all ids and keys of this run are drawn: the one place
/// that asks for them.
pub(crate) fn seed() -> Result<[u8; 32], Failure> {
    use rand::TryRng;
    let mut seed = [0; 32];
    let filled = rand::rngs::SysRng.try_fill_bytes(&mut seed);
    filled.map_err(|error| anyhow::Error::new(error).context("the system gives no random bytes"))?;
    Ok(seed)
}
