//! The timer: what silence leads to is looked at regularly, and what has expired is forgotten. It only rings; the desk
//! decides, by its own clock.

use std::time::Duration;

use crate::domain::clock::Clock;
use crate::exchange::Desk;

/// How often it rings. Chosen: the chase counts in days.
const EVERY: Duration = Duration::from_secs(30);

/// Loops that are looked at in one go. Chosen: what is left is looked at without waiting.
const AT_ONCE: u32 = 200;

/// Rings until `stop` ends.
pub async fn run(desk: Desk, clock: Clock, stop: impl Future<Output = ()> + Send) {
    let ring = async {
        loop {
            ring(&desk, &clock).await;
            tokio::time::sleep(EVERY).await;
        }
    };
    tokio::select! {
        () = ring => {}
        () = stop => {}
    }
}

/// One ring: all that is due, and one purge.
async fn ring(desk: &Desk, clock: &Clock) {
    loop {
        match desk.chase(clock.now(), AT_ONCE).await {
            Ok(chased) if chased.due == AT_ONCE && chased.moved > 0 => {}
            Ok(_) => break,
            // The store has said why; the next ring tries again.
            Err(_) => return,
        }
    }
    // As above.
    let _ = desk.purge(clock.now()).await;
}
