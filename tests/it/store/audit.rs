//! The audit chain: written with the change it records, and broken by whoever edits it.

use lariat::domain::clock::Timestamp;
use lariat::domain::party::CustodianId;
use lariat::store::{AuditRecord, Change, Store};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::store::bench::{Bench, change, put};
use crate::store::whole::{audit, audit_lines};

on_both_databases!(
    a_change_without_audit_adds_no_link,
    a_link_holds_its_entries,
    the_chain_is_recomputed_from_its_bytes,
    the_chain_grows_across_a_restart,
    two_custodians_have_two_chains,
    two_nodes_have_two_chains,
    a_chain_is_read_in_pages,
);

async fn links(store: &Store, custodian: CustodianId, node: &str) -> Vec<AuditRecord> {
    store.audit(custodian, node, 0, 10_000).await.expect("the chain is read")
}

fn audited(bench: &Bench, custodian: CustodianId, agent: &str) -> Change {
    let id = bench.id();
    Change { audit: vec![audit(agent, id)], ..change(custodian, vec![put(id, 1, vec![])]) }
}

/// Recomputes the chain from its bytes.
fn assert_whole(links: &[AuditRecord]) {
    let mut before = [0_u8; 32];
    for link in links {
        let hash = Sha256::new()
            .chain_update(before)
            .chain_update(link.at.as_millis().to_be_bytes())
            .chain_update(&link.entries)
            .finalize();
        assert_eq!(link.hash, <[u8; 32]>::from(hash), "link {}", link.sequence);
        before = link.hash;
    }
    assert!(links.is_sorted_by(|one, two| one.sequence < two.sequence && one.at < two.at));
}

fn entries(link: &AuditRecord) -> usize {
    let parsed: Vec<serde_json::Value> = serde_json::from_slice(&link.entries).expect("a link is a JSON array");
    parsed.len()
}

async fn a_change_without_audit_adds_no_link(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    bench.create(custodian, vec![]).await;
    assert_eq!(links(&bench.store, custodian, "one").await, []);
}

async fn a_link_holds_its_entries(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let id = bench.id();
    let hostile = "a \"quoted\" \\ \u{1}\u{2028} agent";
    let mut new = audited(bench, custodian, "clerk");
    new.audit.push(audit("nurse", id));
    new.audit.push(audit(hostile, id));
    let committed = bench.commit(new).await;
    let links = links(&bench.store, custodian, "one").await;
    assert_eq!((links.len(), entries(&links[0]), links[0].at), (1, 3, committed.at));
    let text = String::from_utf8(links[0].entries.clone()).expect("JSON is text");
    assert!(text.contains("\"clerk\"") && text.contains("\"nurse\"") && text.contains("\"create\""), "{text}");
    assert!(text.contains(&serde_json::to_string(hostile).expect("a string")), "{text}");
    assert!(text.contains(&id.to_string()), "{text}");
}

async fn the_chain_is_recomputed_from_its_bytes(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut commits = JoinSet::new();
    for n in 0..60 {
        let (store, new) = (bench.store.clone(), audited(bench, custodian, &format!("agent-{n}")));
        commits.spawn(async move { store.commit(new).await.expect("it is committed") });
    }
    commits.join_all().await;
    let links = links(&bench.store, custodian, "one").await;
    assert_whole(&links);
    assert_eq!(links.iter().map(entries).sum::<usize>(), 60);
    for n in 0..60 {
        assert_eq!(audit_lines(bench, custodian, &format!("agent-{n}")).await, 1);
    }
}

async fn the_chain_grows_across_a_restart(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    for _ in 0..3 {
        bench.commit(audited(bench, custodian, "before")).await;
    }
    bench.set_clock(-60_000);
    let store = bench.reopen().await;
    for _ in 0..3 {
        store.commit(audited(bench, custodian, "after")).await.expect("it is committed");
    }
    let links = links(&store, custodian, "one").await;
    assert_eq!(links.len(), 6);
    assert_whole(&links);
    store.close().await;
}

async fn two_custodians_have_two_chains(bench: &Bench) {
    let (own, other) = (bench.custodian("riverbend").await, bench.custodian("lakeside").await);
    let mut commits = JoinSet::new();
    for n in 0..30 {
        let (custodian, agent) = if n % 3 == 0 { (other, "theirs") } else { (own, "ours") };
        let (store, new) = (bench.store.clone(), audited(bench, custodian, agent));
        commits.spawn(async move { store.commit(new).await.expect("it is committed") });
    }
    commits.join_all().await;
    for (custodian, count) in [(own, 20), (other, 10)] {
        let links = links(&bench.store, custodian, "one").await;
        assert_whole(&links);
        assert_eq!(links.iter().map(entries).sum::<usize>(), count);
    }
    assert_eq!(audit_lines(bench, own, "theirs").await, 0);
    assert_eq!(links(&bench.store, own, "another node").await, []);
}

async fn two_nodes_have_two_chains(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let stores = bench.two_writers().await;
    let mut commits = JoinSet::new();
    for n in 0..40 {
        let (store, new) = (stores[n % 2].clone(), audited(bench, custodian, "clerk"));
        commits.spawn(async move { store.commit(new).await.expect("it is committed") });
    }
    commits.join_all().await;
    let mut count = 0;
    for node in ["one", "two"] {
        let links = links(&stores[0], custodian, node).await;
        assert_whole(&links);
        count += links.iter().map(entries).sum::<usize>();
    }
    assert_eq!(count, 40);
}

async fn a_chain_is_read_in_pages(bench: &Bench) {
    let custodian = bench.custodian("riverbend").await;
    let mut stamps: Vec<Timestamp> = vec![];
    for _ in 0..5 {
        stamps.push(bench.commit(audited(bench, custodian, "clerk")).await.at);
    }
    let mut after = 0;
    let mut read = vec![];
    for expected in [2, 2, 1, 0] {
        let page = bench.store.audit(custodian, "one", after, 2).await.expect("the chain is read");
        assert_eq!(page.len(), expected);
        after = page.last().map_or(after, |link| link.sequence);
        read.extend(page.into_iter().map(|link| link.at));
    }
    assert_eq!(read, stamps);
}
