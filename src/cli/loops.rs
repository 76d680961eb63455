//! `lariat loops`: which referrals wait for a person, what was sent of one, and sending again what was given up.

use serde_json::{Value, json};

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::store::attached;
use crate::cli::{General, until_interrupted};
use crate::domain::clock::Clock;
use crate::domain::visibility::Visibility;
use crate::store::{LoopFilter, LoopRecord, MessageRecord, Store};

/// Loops looked through for those that wait. Chosen: a year of a large clinic.
const NEWEST: u32 = 100_000;

#[derive(Debug, clap::Subcommand)]
#[command(
    before_help = "Examples:
  lariat loops waiting
  lariat loops messages LR-4F7K-2M
  lariat loops replay LR-4F7K-2M",
    after_help = end()
)]
pub(super) enum Command {
    /// Say which referrals wait for a person, and for what
    #[command(
        before_help = "Examples:
  lariat loops waiting
  lariat loops waiting --json",
        after_help = end()
    )]
    Waiting,
    /// Say every message of a referral, and what came of each attempt
    #[command(
        before_help = "Examples:
  lariat loops messages LR-4F7K-2M",
        after_help = end()
    )]
    Messages {
        /// What people call the referral
        reference: String,
    },
    /// Send again what was given up of a referral; what waits behind it follows
    #[command(
        before_help = "Examples:
  lariat loops replay LR-4F7K-2M",
        after_help = end()
    )]
    Replay {
        /// What people call the referral
        reference: String,
    },
}

fn end() -> String {
    let exits = [Exit::Done, Exit::Usage, Exit::NotFound, Exit::Refused, Exit::Remote, Exit::Interrupted];
    ending(&exits, "config/README.md")
}

pub(super) fn run(general: &General, output: &Output, command: &Command) -> Result<(), Failure> {
    let config = general.settings()?;
    until_interrupted("`lariat loops waiting` says what waits", async {
        let store = attached(&config).await?;
        let done = match command {
            Command::Waiting => waiting(&store, output).await,
            Command::Messages { reference } => messages(&store, output, reference).await,
            Command::Replay { reference } => replay(&store, output, reference).await,
        };
        store.close().await;
        done
    })
}

async fn waiting(store: &Store, output: &Output) -> Result<(), Failure> {
    let known = store.loops(Visibility::Lariat, LoopFilter::All, NEWEST).await?;
    let waiting: Vec<_> = known.iter().filter_map(|known| Some((known, known.attention.as_deref()?))).collect();
    if output.is_json() {
        let one = |(known, attention): &(&LoopRecord, &str)| {
            json!({ "reference": known.reference, "state": known.state, "waits_for": attention,
                    "source": known.source, "since": known.changed_at.to_string() })
        };
        let list: Vec<Value> = waiting.iter().map(one).collect();
        return output.result(&json!({ "schema": "lariat/waiting/1", "loops": list }).to_string());
    }
    waiting.iter().try_for_each(|(known, attention)| {
        output.result(&format!(
            "{}  {attention:<18} {:<12} {}  from {}",
            known.reference, known.state, known.changed_at, known.source
        ))
    })
}

async fn messages(store: &Store, output: &Output, reference: &str) -> Result<(), Failure> {
    let messages = store.messages(find(store, reference).await?.id).await?;
    if output.is_json() {
        let list: Vec<Value> = messages.iter().map(message).collect();
        return output.result(&json!({ "schema": "lariat/messages/1", "messages": list }).to_string());
    }
    for message in &messages {
        let line = format!(
            "{}  {:<10} {:<22} to {}  {}",
            message.queued_at, message.state, message.event, message.endpoint, message.message_id
        );
        output.result(&line)?;
        for (at, took, outcome) in &message.attempts {
            output.result(&format!("    {at}  {outcome}, {} ms", took.as_millis()))?;
        }
    }
    Ok(())
}

fn message(message: &MessageRecord) -> Value {
    let attempt = |(at, took, outcome): &(_, std::time::Duration, String)| {
        let at: &crate::domain::clock::Timestamp = at;
        json!({ "at": at.to_string(), "took_ms": took.as_millis(), "outcome": outcome })
    };
    json!({
        "id": message.message_id.to_string(), "endpoint": message.endpoint, "event": message.event,
        "state": message.state, "queued_at": message.queued_at.to_string(),
        "attempts": message.attempts.iter().map(attempt).collect::<Vec<_>>(),
    })
}

async fn replay(store: &Store, output: &Output, reference: &str) -> Result<(), Failure> {
    let known = find(store, reference).await?;
    let messages = store.messages(known.id).await?;
    let mut again = 0;
    for dead in messages.iter().filter(|message| message.state == "dead") {
        if store.replay(dead.lane, Clock::System.now()).await? {
            output.result(&format!("waiting  {} to {}", dead.event, dead.endpoint))?;
            again += 1;
        }
    }
    if again == 0 {
        let message = "nothing of this referral was given up";
        return Err(Failure::new(
            Exit::Refused,
            "replay",
            message,
            "see `lariat loops messages` for what was sent",
        ));
    }
    Ok(())
}

async fn find(store: &Store, reference: &str) -> Result<LoopRecord, Failure> {
    // It is said on the telephone, and typed as it was heard.
    let named = LoopFilter::Reference(reference.trim().to_ascii_uppercase());
    let found = store.loops(Visibility::Lariat, named, 1).await?.pop();
    found.ok_or_else(|| {
        let fix = "see `lariat loops waiting`, or the receipt of POST /json/referrals";
        Failure::new(Exit::NotFound, "referral", "no referral is called that", fix)
    })
}
