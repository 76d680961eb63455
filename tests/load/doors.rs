//! The FHIR door under load: one kind of work, some connections, some seconds.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Connection;
use crate::work::{Kind, Work};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server's address
    #[arg(long, default_value = "127.0.0.1:8080")]
    to: SocketAddr,
    /// A file with the API key
    #[arg(long)]
    key_file: std::path::PathBuf,
    /// Kept-alive connections, each with one request under way
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How long, after one second of warming up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// What is asked for
    #[arg(long, value_enum, default_value_t = Kind::Referral)]
    work: Kind,
    /// The slug of the partner that referrals go to
    #[arg(long, default_value = "oak-street")]
    partner: String,
    /// Print one row of a Markdown table
    #[arg(long)]
    row: bool,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    statuses: BTreeMap<u16, u64>,
    broken: u64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let key = std::fs::read_to_string(&args.key_file)?.trim().to_owned();
    let work = Arc::new(Work::new(args.work, args.to, &key, &args.partner));
    work.prepare().await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let measured_from = Instant::now() + Duration::from_secs(1);
    let until = measured_from + Duration::from_secs(args.seconds);
    let mut drivers = tokio::task::JoinSet::new();
    for _ in 0..args.connections {
        drivers.spawn(drive(Arc::clone(&work), args.to, Arc::clone(&numbers), measured_from, until));
    }
    let mut all = Seen::default();
    while let Some(seen) = drivers.join_next().await {
        let seen = seen?;
        all.micros.extend(seen.micros);
        all.broken += seen.broken;
        for (status, count) in seen.statuses {
            *all.statuses.entry(status).or_default() += count;
        }
    }
    report(&args, all)
}

/// One connection: request after request, until the time is over.
async fn drive(
    work: Arc<Work>,
    to: SocketAddr,
    numbers: Arc<AtomicU64>,
    measured_from: Instant,
    until: Instant,
) -> Seen {
    let mut seen = Seen::default();
    let mut connection = None;
    while Instant::now() < until {
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(to).await,
        };
        let Ok(mut open) = open else {
            seen.broken += 1;
            // A server that refuses connections is not asked in a busy loop.
            tokio::task::yield_now().await;
            continue;
        };
        let request = work.request(numbers.fetch_add(1, Ordering::Relaxed));
        let begun = Instant::now();
        match open.ask(&request).await {
            Ok(answer) => {
                if begun >= measured_from {
                    seen.micros.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
                    *seen.statuses.entry(answer.status).or_default() += 1;
                }
                connection = answer.keeps_alive.then_some(open);
            }
            Err(_) => seen.broken += 1,
        }
    }
    seen
}

fn report(args: &Args, mut all: Seen) -> anyhow::Result<()> {
    all.micros.sort_unstable();
    let good: u64 = all.statuses.range(200..300).map(|(_, count)| count).sum();
    let rate = good / args.seconds.max(1);
    let percentile = |per_cent: usize| {
        let at = (all.micros.len() * per_cent / 100).min(all.micros.len().saturating_sub(1));
        f64::from(all.micros.get(at).copied().unwrap_or(0)) / 1000.0
    };
    let mut others: Vec<String> = all
        .statuses
        .iter()
        .filter(|(status, _)| !(200..300).contains(*status))
        .map(|(status, n)| format!("{status}: {n}"))
        .collect();
    if all.broken > 0 {
        others.push(format!("broken: {}", all.broken));
    }
    let others = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    let (p50, p99) = (percentile(50), percentile(99));
    let mut out = std::io::stdout().lock();
    let kind = args.work;
    if args.row {
        writeln!(out, "| {kind:?} | {} | {rate} | {p50:.1} | {p99:.1} | {others} |", args.connections)?;
    } else {
        writeln!(out, "{kind:?}, {} connections, {} s", args.connections, args.seconds)?;
        writeln!(out, "answered 2xx   {rate} /s")?;
        writeln!(out, "p50            {p50:.1} ms\np99            {p99:.1} ms\nother answers  {others}")?;
    }
    Ok(())
}
