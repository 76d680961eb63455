//! Where a loop stands, and how its parts hang together.

use lariat::domain::clock::Timestamp;
use lariat::domain::id::{Ids, ResourceId};
use lariat::domain::referral::{Chain, Chains, Cycle, LoopState, derive};
use lariat::domain::task::Status;
use lariat::domain::uptake::Uptake;

/// root | children | uptake | loop
const LOOPS: &str = "
draft            |                                    |              | draft
draft            | requested                          | attended     | draft
requested        |                                    |              | requested
requested        |                                    | unknown      | requested
requested        |                                    | attended     | in-progress
accepted         |                                    |              | accepted
accepted         |                                    | not-attended | in-progress
accepted         |                                    | partial      | in-progress
accepted         |                                    | unknown      | accepted
in-progress      |                                    | not-attended | in-progress
on-hold          |                                    |              | on-hold
on-hold          |                                    | attended     | on-hold
completed        |                                    | not-attended | completed
rejected         |                                    |              | rejected
cancelled        |                                    |              | cancelled
failed           |                                    |              | failed
entered-in-error |                                    |              | retracted
accepted         | draft                              |              | accepted
accepted         | entered-in-error                   |              | accepted
accepted         | requested                          |              | in-progress
accepted         | accepted                           |              | in-progress
requested        | on-hold                            |              | in-progress
on-hold          | in-progress                        |              | on-hold
on-hold          | requested                          | attended     | on-hold
on-hold          | completed rejected                 |              | completed
accepted         | completed requested                |              | in-progress
accepted         | rejected requested                 |              | in-progress
in-progress      | completed                          |              | completed
in-progress      | completed completed                | attended     | completed
in-progress      | completed rejected                 |              | completed
in-progress      | rejected completed                 |              | completed
in-progress      | failed completed cancelled         |              | completed
in-progress      | completed entered-in-error draft   |              | completed
in-progress      | rejected                           |              | needs-routing
accepted         | rejected rejected                  | attended     | needs-routing
on-hold          | rejected failed cancelled          |              | on-hold
in-progress      | cancelled                          |              | needs-routing
in-progress      | rejected draft                     |              | needs-routing
completed        | requested                          |              | completed
cancelled        | in-progress                        |              | cancelled
rejected         | completed                          |              | completed
rejected         | rejected requested                 |              | in-progress
rejected         | rejected cancelled                 |              | rejected
entered-in-error | completed                          |              | retracted
";

#[test]
fn a_loop_stands_where_its_tasks_and_the_uptake_say() {
    let rows: Vec<_> = LOOPS.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), 44);
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [root, children, uptake, expected] = cells[..] else { panic!("{row}") };
        let children: Vec<_> = children.split_whitespace().map(|code| Status::from_code(code).unwrap()).collect();
        let uptake = (!uptake.is_empty()).then(|| Uptake::from_code(uptake).unwrap());
        let state = derive(Status::from_code(root).unwrap(), &children, uptake);
        assert_eq!(state.code(), expected, "{row}");
    }
}

#[test]
fn a_loop_is_closed_when_it_has_its_answer() {
    for state in LoopState::ALL {
        let answered = ["completed", "rejected", "cancelled", "failed", "retracted"].contains(&state.code());
        assert_eq!(state.is_closed(), answered, "{}", state.code());
    }
}

fn ids<const N: usize>() -> [ResourceId; N] {
    let ids = Ids::seeded([7; 32]);
    std::array::from_fn(|_| ids.next(Timestamp::from_millis(1_790_000_000_000)))
}

fn based_on(of: ResourceId) -> Chain {
    Chain { based_on: vec![of], ..Chain::default() }
}

#[test]
fn a_referral_cannot_lead_back_to_itself() {
    let [provider, link_worker, partner, alternative] = ids();
    let mut chains = Chains::default();
    chains.insert(provider, Chain::default()).unwrap();
    chains.insert(link_worker, based_on(provider)).unwrap();
    chains.insert(partner, based_on(link_worker)).unwrap();
    let instead = Chain { replaces: vec![partner], ..based_on(link_worker) };
    chains.insert(alternative, instead).unwrap();

    assert_eq!(chains.insert(provider, based_on(provider)), Err(Cycle));
    assert_eq!(chains.insert(provider, based_on(alternative)), Err(Cycle));
    let through_another_link = Chain { part_of: vec![alternative], ..Chain::default() };
    assert_eq!(chains.insert(link_worker, through_another_link), Err(Cycle));
    assert_eq!(chains.of(link_worker), Some(&based_on(provider)));
    assert_eq!(chains.of(provider), Some(&Chain::default()));
}

#[test]
fn a_cycle_is_found_in_whatever_order_its_parts_arrive() {
    let [one, two, three] = ids();
    let mut chains = Chains::default();
    chains.insert(two, based_on(one)).unwrap();
    chains.insert(one, based_on(three)).unwrap();
    assert_eq!(chains.insert(three, based_on(two)), Err(Cycle));
}
