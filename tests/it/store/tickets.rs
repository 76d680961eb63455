//! Tickets: what pages keep for a short while. One gets it, so many try it, and it ends by itself.

use lariat::domain::clock::Timestamp;
use lariat::store::Ticket;
use tokio::task::JoinSet;

use crate::store::bench::Bench;

on_both_databases!(
    a_ticket_reads_back,
    a_ticket_is_put_in_place_of_the_one_before,
    kinds_are_apart,
    a_ticket_ends_at_its_instant,
    clocks_at_the_ends_of_time_are_understood,
    a_ticket_is_tried_so_often_and_no_more,
    of_many_who_try_at_once_so_many_get_it,
    of_many_who_take_at_once_one_gets_it,
    tickets_of_a_subject_come_latest_first,
    no_more_than_a_hundred_come,
    tickets_of_a_subject_end_together,
    what_has_expired_is_forgotten,
    odd_characters_are_kept,
    large_contents_are_kept,
    a_ticket_outlives_a_restart,
    a_closed_store_has_no_tickets,
);

fn key(number: u32) -> [u8; 32] {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    key
}

/// One that ends so many seconds from now.
fn ticket(bench: &Bench, kind: &str, number: u32, subject: &str, seconds: u64) -> Ticket {
    Ticket {
        kind: kind.to_owned(),
        key: key(number),
        subject: subject.to_owned(),
        data: format!("{kind} {number}").into_bytes(),
        tries: 0,
        expires_at: bench.in_seconds(seconds),
    }
}

impl Bench {
    async fn ticket_put(&self, ticket: &Ticket) {
        self.store.put_ticket(ticket.clone()).await.expect("a ticket is put");
    }

    async fn ticket_read(&self, kind: &str, number: u32) -> Option<Ticket> {
        self.store.ticket(kind, key(number), self.now()).await.expect("a ticket is read")
    }

    async fn ticket_tried(&self, kind: &str, number: u32, limit: u32) -> Option<u32> {
        let tried = self.store.try_ticket(kind, key(number), limit, self.now()).await;
        tried.expect("a ticket is tried").map(|ticket| ticket.tries)
    }

    async fn ticket_taken(&self, kind: &str, number: u32) -> Option<Ticket> {
        self.store.take_ticket(kind, key(number), self.now()).await.expect("a ticket is taken")
    }

    async fn tickets_of(&self, kind: &str, subject: &str) -> Vec<Ticket> {
        self.store.tickets(kind, subject, self.now()).await.expect("tickets are read")
    }
}

async fn a_ticket_reads_back(bench: &Bench) {
    let session = ticket(bench, "session", 1, "maria", 60);
    assert_eq!(bench.ticket_read("session", 1).await, None);
    bench.ticket_put(&session).await;
    assert_eq!(bench.ticket_read("session", 1).await, Some(session.clone()));
    assert_eq!(bench.ticket_read("session", 2).await, None);
    assert_eq!(bench.ticket_taken("session", 1).await, Some(session));
    assert_eq!(bench.ticket_read("session", 1).await, None);
    assert_eq!(bench.ticket_taken("session", 1).await, None);
}

async fn a_ticket_is_put_in_place_of_the_one_before(bench: &Bench) {
    bench.ticket_put(&ticket(bench, "code", 1, "maria", 60)).await;
    assert_eq!(bench.ticket_tried("code", 1, 5).await, Some(1));
    assert_eq!(bench.ticket_tried("code", 1, 5).await, Some(2));
    let anew = Ticket { data: b"anew".to_vec(), tries: 4, ..ticket(bench, "code", 1, "joseph", 90) };
    bench.ticket_put(&anew).await;
    assert_eq!(bench.ticket_read("code", 1).await, Some(Ticket { tries: 0, ..anew }));
    assert_eq!(bench.tickets_of("code", "maria").await, []);
    assert_eq!(bench.tickets_of("code", "joseph").await.len(), 1);
}

async fn kinds_are_apart(bench: &Bench) {
    let (session, link) = (ticket(bench, "session", 1, "maria", 60), ticket(bench, "link", 1, "maria", 60));
    bench.ticket_put(&session).await;
    bench.ticket_put(&link).await;
    assert_eq!(bench.ticket_tried("link", 1, 9).await, Some(1));
    assert_eq!(bench.ticket_read("session", 1).await, Some(session.clone()));
    bench.store.end_tickets("link", "maria").await.expect("tickets end");
    assert_eq!(bench.ticket_read("link", 1).await, None);
    assert_eq!(bench.tickets_of("session", "maria").await, [session]);
    assert_eq!(bench.ticket_read("SESSION", 1).await, None);
}

async fn a_ticket_ends_at_its_instant(bench: &Bench) {
    bench.ticket_put(&ticket(bench, "session", 1, "maria", 60)).await;
    bench.wait(59);
    assert!(bench.ticket_read("session", 1).await.is_some());
    bench.wait(1);
    assert_eq!(bench.ticket_read("session", 1).await, None);
    assert_eq!(bench.tickets_of("session", "maria").await, []);
    assert_eq!(bench.ticket_tried("session", 1, 5).await, None);
    assert_eq!(bench.ticket_taken("session", 1).await, None);
    bench.ticket_put(&ticket(bench, "session", 1, "maria", 60)).await;
    assert!(bench.ticket_read("session", 1).await.is_some());
}

async fn clocks_at_the_ends_of_time_are_understood(bench: &Bench) {
    let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    for (number, expires_at) in [(1, first), (2, last)] {
        bench.ticket_put(&Ticket { expires_at, ..ticket(bench, "link", number, "maria", 0) }).await;
    }
    assert_eq!(bench.tickets_of("link", "maria").await.len(), 1);
    assert_eq!(bench.store.ticket("link", key(1), first).await.expect("a ticket is read"), None);
    assert!(bench.store.ticket("link", key(2), first).await.expect("a ticket is read").is_some());
    assert_eq!(bench.store.ticket("link", key(2), last).await.expect("a ticket is read"), None);
    assert_eq!(bench.store.purge_tickets(first).await.expect("they are purged"), 1);
    assert_eq!(bench.store.purge_tickets(last).await.expect("they are purged"), 1);
}

async fn a_ticket_is_tried_so_often_and_no_more(bench: &Bench) {
    bench.ticket_put(&ticket(bench, "code", 1, "maria", 60)).await;
    assert_eq!(bench.ticket_tried("code", 1, 0).await, None);
    for tries in 1..=3 {
        assert_eq!(bench.ticket_tried("code", 1, 3).await, Some(tries));
    }
    assert_eq!(bench.ticket_tried("code", 1, 3).await, None);
    assert_eq!(bench.ticket_tried("code", 1, u32::MAX).await, Some(4), "the limit is the caller's");
    assert_eq!(bench.ticket_tried("code", 2, 3).await, None);
}

async fn of_many_who_try_at_once_so_many_get_it(bench: &Bench) {
    let (stores, now) = (bench.two_writers().await, bench.now());
    bench.ticket_put(&ticket(bench, "code", 1, "maria", 60)).await;
    let mut callers = JoinSet::new();
    for n in 0..40 {
        let store = stores[n % 2].clone();
        callers.spawn(async move { store.try_ticket("code", key(1), 5, now).await.expect("it answers") });
    }
    let mut tries: Vec<_> = callers.join_all().await.into_iter().flatten().map(|ticket| ticket.tries).collect();
    tries.sort_unstable();
    assert_eq!(tries, [1, 2, 3, 4, 5]);
}

async fn of_many_who_take_at_once_one_gets_it(bench: &Bench) {
    let (stores, now) = (bench.two_writers().await, bench.now());
    let link = ticket(bench, "link", 1, "maria", 60);
    bench.ticket_put(&link).await;
    let mut callers = JoinSet::new();
    for n in 0..40 {
        let store = stores[n % 2].clone();
        callers.spawn(async move { store.take_ticket("link", key(1), now).await.expect("it answers") });
    }
    let taken: Vec<_> = callers.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken, [link]);
}

async fn tickets_of_a_subject_come_latest_first(bench: &Bench) {
    for (number, seconds) in [(1, 30), (2, 90), (3, 60)] {
        bench.ticket_put(&ticket(bench, "session", number, "maria", seconds)).await;
    }
    bench.ticket_put(&ticket(bench, "session", 4, "joseph", 60)).await;
    bench.ticket_put(&ticket(bench, "link", 5, "maria", 60)).await;
    let keys = async || bench.tickets_of("session", "maria").await.iter().map(|one| one.key).collect::<Vec<_>>();
    assert_eq!(keys().await, [key(2), key(3), key(1)]);
    bench.wait(30);
    assert_eq!(keys().await, [key(2), key(3)]);
    assert_eq!(bench.tickets_of("session", "Maria").await, []);
    assert_eq!(bench.tickets_of("session", "").await, []);
}

async fn no_more_than_a_hundred_come(bench: &Bench) {
    for number in 0..103 {
        bench.ticket_put(&ticket(bench, "session", number, "maria", 60 + u64::from(number))).await;
    }
    let found = bench.tickets_of("session", "maria").await;
    assert_eq!((found.len(), found[0].key, found[99].key), (100, key(102), key(3)));
}

async fn tickets_of_a_subject_end_together(bench: &Bench) {
    for (number, subject) in [(1, "maria"), (2, "maria"), (3, "joseph")] {
        bench.ticket_put(&ticket(bench, "session", number, subject, 60)).await;
    }
    bench.store.end_tickets("session", "maria").await.expect("tickets end");
    bench.store.end_tickets("session", "nobody").await.expect("nothing to end is no fault");
    assert_eq!(bench.tickets_of("session", "maria").await, []);
    assert_eq!(bench.ticket_read("session", 2).await, None);
    assert!(bench.ticket_read("session", 3).await.is_some());
}

async fn what_has_expired_is_forgotten(bench: &Bench) {
    for number in 1..=4 {
        bench.ticket_put(&ticket(bench, "link", number, "maria", u64::from(number) * 10)).await;
    }
    assert_eq!(bench.store.purge_tickets(bench.now()).await.expect("they are purged"), 0);
    bench.wait(20);
    assert_eq!(bench.store.purge_tickets(bench.now()).await.expect("they are purged"), 2);
    assert_eq!(bench.store.purge_tickets(bench.now()).await.expect("they are purged"), 0);
    assert_eq!(bench.tickets_of("link", "maria").await.len(), 2);
}

async fn odd_characters_are_kept(bench: &Bench) {
    let long = "é".repeat(40_000);
    let odd = ["", "\0", "a\0b", "\u{1}sha256:00", "'; drop table ticket; --", "%_\\", "\u{202e}\u{feff}😀", &long];
    for (number, text) in (0..).zip(odd) {
        bench.ticket_put(&ticket(bench, text, number, text, 60)).await;
    }
    for (number, text) in (0..).zip(odd) {
        let stored = ticket(bench, text, number, text, 60);
        assert_eq!(bench.ticket_read(text, number).await.as_ref(), Some(&stored));
        assert_eq!(bench.tickets_of(text, text).await, std::slice::from_ref(&stored));
        assert_eq!(bench.ticket_tried(text, number, 1).await, Some(1));
        assert_eq!(bench.ticket_taken(text, number).await, Some(Ticket { tries: 1, ..stored }));
    }
}

async fn large_contents_are_kept(bench: &Bench) {
    for (number, size) in [(1, 0), (2, 64 * 1024), (3, 1024 * 1024)] {
        let draft = Ticket { data: vec![0xff; size], ..ticket(bench, "draft", number, "maria", 60) };
        bench.ticket_put(&draft).await;
        assert_eq!(bench.ticket_read("draft", number).await, Some(draft));
    }
}

async fn a_ticket_outlives_a_restart(bench: &Bench) {
    let session = ticket(bench, "session", 1, "maria", 60);
    bench.ticket_put(&session).await;
    let again = bench.around(bench.reopen().await, &bench.location);
    assert_eq!(again.ticket_read("session", 1).await, Some(session));
    again.store.close().await;
}

async fn a_closed_store_has_no_tickets(bench: &Bench) {
    bench.store.close().await;
    assert!(bench.store.put_ticket(ticket(bench, "session", 1, "maria", 60)).await.is_err());
    assert!(bench.store.ticket("session", key(1), bench.now()).await.is_err());
    assert!(bench.store.purge_tickets(bench.now()).await.is_err());
}
