//! What a partner said of its room, in words: on its own pages and on a link worker's cards.

use crate::exchange::RoomSaid;
use crate::inbound::http::pages::when::day;
use crate::inbound::http::pages::words::Words;

/// `about 3 weeks, said 24 Nov 2026 by the partner`.
pub(super) fn told(t: Words, said: &RoomSaid) -> String {
    let weeks = said.weeks.map(|weeks| t.say("room-weeks").with("weeks", weeks).to_string());
    let until = said.until.map(|until| t.say("room-until").with("day", day(t, until)).to_string());
    let on = t.say("room-said").with("day", day(t, said.on)).to_string();
    [weeks, until, Some(on)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
