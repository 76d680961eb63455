//! Weighs and times pages, beside what they may weigh and take. Prints Markdown tables.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::time::Instant;

use crate::browse::{Browser, Weight, attribute, hidden};
use crate::client::Connection;

/// Milliseconds within which the worklist is there, at the server, over 100,000 open referrals, when nobody else asks.
const WORKLIST: f64 = 50.0;
/// Bytes of style and script, gzipped. PAGES 7, as all that follow.
const ASSETS: usize = 14 << 10;
const REQUESTS: usize = 3;
/// Filters of the worklist; every combination is asked for.
const FILTERS: [&str; 6] =
    ["shown=own", "state=on-hold", "partner=p-07", "level=holistic", "french=yes", "older=30"];
/// How long each.
const COMBINED: Duration = Duration::from_millis(500);
/// Of the combinations, the slowest are told.
const TOLD: usize = 5;
/// Requests that are not counted.
const WARM_UP: Duration = Duration::from_millis(300);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server's address
    #[arg(long, default_value = "127.0.0.1:8080")]
    to: SocketAddr,
    /// What `fill` wrote
    #[arg(long)]
    filled: PathBuf,
    /// Who signs in
    #[arg(long)]
    staff: String,
    /// A file with the password
    #[arg(long)]
    password_file: PathBuf,
    /// How long each page is asked for, by 1 and by 16 connections
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// What a page may weigh and take.
#[derive(Clone, Copy)]
struct Budget {
    html: usize,
    millis: f64,
}

const PARTNER: Budget = Budget { html: 8 << 10, millis: 150.0 };
const LIST: Budget = Budget { html: 20 << 10, millis: 250.0 };
const REFERRAL: Budget = Budget { html: 25 << 10, millis: 250.0 };

/// Milliseconds, half and 95 of 100 were not slower than.
struct Times {
    p50: f64,
    p95: f64,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let filled: Value = serde_json::from_str(&std::fs::read_to_string(&args.filled)?)?;
    let of = |name: &str| filled[name].as_str().map(str::to_owned).context("what `fill` wrote is not whole");
    let password = std::fs::read_to_string(&args.password_file)?;
    let mut desk = Browser::new(args.to);
    desk.sign_in(&args.staff, password.trim()).await?;
    let mut partner = Browser::new(args.to);
    let base = partner.follow(&of("link")?).await?;
    partner.keep("lariat-partner", &of("session")?);
    let inbox = partner.page(&format!("{base}/inbox")).await?;
    let referral = format!("{base}/referrals/");
    let referral = inbox.split('<').filter_map(|tag| attribute(tag, "href")).find(|at| at.starts_with(&referral));
    let referral = referral.context("the inbox is empty")?.to_owned();

    let mut stranger = Browser::new(args.to);
    stranger.follow(&of("link")?).await?;
    let mut out = Table { measured: Duration::from_secs(args.seconds), out: std::io::stdout() };
    out.head("page | HTML | as sent (at most) | CSS + JS (at most) | requests (at most)")?;
    out.weighed(&mut stranger, "P1 arrival", &base, PARTNER).await?;
    out.weighed(&mut partner, "P3 inbox", &format!("{base}/inbox"), PARTNER).await?;
    out.weighed(&mut partner, "P4 referral", &referral, PARTNER).await?;
    out.weighed(&mut desk, "D1 worklist", "/desk", LIST).await?;
    out.weighed(&mut desk, "D2 referral, copied", &format!("/desk/referrals/{}", of("copied")?), REFERRAL).await?;
    out.weighed(&mut desk, "D2 referral, received", &format!("/desk/referrals/{}", of("received")?), REFERRAL)
        .await?;

    writeln!(out.out)?;
    out.head("worklist | rows")?;
    for (what, path) in lists(&mut desk).await? {
        let rows = desk.page(&path).await?.matches("<tr role=\"row\">\n<th scope=\"row\"").count();
        out.timed(&desk, &format!("{what} | {rows}"), &desk.get(&path), 200, [WORKLIST, LIST.millis]).await?;
    }
    writeln!(out.out)?;
    out.combined(&desk).await?;
    writeln!(out.out)?;
    out.head("person looked for")?;
    let family = of("family")?;
    for sought in [family.clone(), format!("{} {}", &family[..3], "a"), family[..2].to_owned(), "fill-777".into()] {
        let mut fields = hidden(&desk.page("/desk").await?, "/desk/find")?;
        fields.push(("sought".into(), sought.clone()));
        let find = desk.post("/desk/find", &fields);
        out.timed(&desk, &format!("\"{sought}\""), &find, 303, [LIST.millis; 2]).await?;
        let found = desk.ask(&find, 303).await?;
        let found = found.headers("location").next().context("found nowhere")?.to_owned();
        out.timed(&desk, &format!("what \"{sought}\" found"), &desk.get(&found), 200, [LIST.millis; 2]).await?;
    }
    Ok(())
}

/// Worklists by what is looked at: each group, pages behind the first, filters.
async fn lists(desk: &mut Browser) -> anyhow::Result<Vec<(String, String)>> {
    let mut lists = vec![("first page".to_owned(), "/desk".to_owned())];
    let next = |page: &str| {
        let mut addresses = page.split('<').filter_map(|tag| attribute(tag, "href"));
        addresses
            .rfind(|at| at.starts_with("/desk?") && at.contains("from="))
            .map(|at| at.replace("&amp;", "&").replace("&#38;", "&"))
    };
    let second = next(&desk.page("/desk").await?).context("one page holds all")?;
    lists.push(("second page".to_owned(), second.clone()));
    let mut deep = second;
    for _ in 0..20 {
        deep = next(&desk.page(&deep).await?).context("twenty pages hold all")?;
    }
    lists.push(("page 22".to_owned(), deep));
    for group in ["overdue", "new", "this-week", "others"] {
        lists.push((format!("from {group}"), format!("/desk?from={group}")));
    }
    for filter in [
        "shown=all",
        "shown=own",
        "shown=unassigned",
        "state=on-hold",
        "partner=p-07",
        "level=holistic",
        "french=yes",
        "older=90",
        "shown=own&partner=p-07&level=holistic&french=yes&older=30",
        "state=completed",
    ] {
        lists.push((filter.to_owned(), format!("/desk?{filter}")));
        if let Some(second) = next(&desk.page(&format!("/desk?{filter}")).await?) {
            lists.push((format!("{filter}, second page"), second));
        }
    }
    Ok(lists)
}

struct Table {
    measured: Duration,
    out: std::io::Stdout,
}

impl Table {
    fn head(&mut self, columns: &str) -> anyhow::Result<()> {
        writeln!(self.out, "| {columns} | p50, p95 ms by 1 | by 16 | at most ms | |")?;
        writeln!(self.out, "|{}", "---|".repeat(columns.split('|').count() + 4))?;
        Ok(())
    }

    /// Every combination of filters, by one connection.
    async fn combined(&mut self, desk: &Browser) -> anyhow::Result<()> {
        let mut all = Vec::new();
        for chosen in 0..1_usize << FILTERS.len() {
            let set = FILTERS.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
            let query = set.map(|(_, filter)| *filter).collect::<Vec<_>>().join("&");
            let request = desk.get(&format!("/desk?{query}"));
            all.push((times(desk.to, &request, 200, 1, COMBINED).await?, query));
        }
        all.sort_unstable_by(|(one, _), (other, _)| other.p50.total_cmp(&one.p50));
        let over = all.iter().filter(|(times, _)| times.p95 > WORKLIST).count();
        writeln!(
            self.out,
            "| of {} combinations, {over} over {WORKLIST} ms; the slowest | p50, p95 ms by 1 |",
            all.len()
        )?;
        writeln!(self.out, "|---|---|")?;
        for (Times { p50, p95 }, query) in all.iter().take(TOLD) {
            writeln!(self.out, "| {query} | {p50:.1}, {p95:.1} |")?;
        }
        Ok(())
    }

    async fn weighed(&mut self, by: &mut Browser, what: &str, path: &str, budget: Budget) -> anyhow::Result<()> {
        let Weight { html, html_sent, assets, requests } = by.weigh(path).await?;
        let fits = html_sent <= budget.html && assets <= ASSETS && requests <= REQUESTS;
        let columns = format!(
            "{what} | {html} | {html_sent} ({}) | {assets} ({ASSETS}) | {requests} ({REQUESTS})",
            budget.html
        );
        let columns = if fits { columns } else { format!("{columns} over") };
        self.timed(by, &columns, &by.get(path), 200, [budget.millis; 2]).await
    }

    async fn timed(
        &mut self,
        by: &Browser,
        what: &str,
        request: &[u8],
        expected: u16,
        most: [f64; 2],
    ) -> anyhow::Result<()> {
        let one = times(by.to, request, expected, 1, self.measured).await?;
        let many = times(by.to, request, expected, 16, self.measured).await?;
        let verdict = match (one.p95 <= most[0], many.p95 <= most[1]) {
            (true, true) => "ok",
            (true, false) => "over by 16",
            (false, _) => "over",
        };
        let Times { p50, p95 } = one;
        writeln!(
            self.out,
            "| {what} | {p50:.1}, {p95:.1} | {:.1}, {:.1} | {:.0}, {:.0} | {verdict} |",
            many.p50, many.p95, most[0], most[1]
        )?;
        Ok(())
    }
}

/// Asks the same again and again.
async fn times(
    to: SocketAddr,
    request: &[u8],
    expected: u16,
    connections: usize,
    measured: Duration,
) -> anyhow::Result<Times> {
    let request: Arc<[u8]> = request.into();
    let from = Instant::now() + WARM_UP;
    let until = from + measured;
    let mut drivers = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let request = Arc::clone(&request);
        drivers.spawn(async move {
            let (mut connection, mut took) = (Connection::open(to).await?, Vec::new());
            while Instant::now() < until {
                let begun = Instant::now();
                let answer = connection.ask(&request).await?;
                anyhow::ensure!(answer.status == expected, "answered {} in between", answer.status);
                if begun >= from {
                    took.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
                if !answer.keeps_alive {
                    connection = Connection::open(to).await?;
                }
            }
            anyhow::Ok(took)
        });
    }
    let mut all = Vec::new();
    while let Some(took) = drivers.join_next().await {
        all.extend(took??);
    }
    all.sort_unstable_by(f64::total_cmp);
    let at = |per_cent: usize| all.get(all.len() * per_cent / 100).copied().unwrap_or(f64::NAN);
    Ok(Times { p50: at(50), p95: at(95) })
}
