//! Whose a referral is: of two who take it one has it, and a team's is its team's to change.

use lariat::exchange::desk::{Filter, Shown, Worklist};
use lariat::exchange::{By, NotDone, Role, Staff};

use crate::desk::house::DeskHouse;

#[tokio::test]
async fn of_two_who_take_at_once_one_has_it_and_the_other_is_told_who() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let (one, other) = (house.act(id).await, house.act(id).await);
    let taken = tokio::join!(desk.take(&house.nadia, id, &one), desk.take(&house.omar, id, &other));
    let (winner, conflict) = match taken {
        (Ok(_), Err(NotDone::Conflict(conflict))) => (&house.nadia, conflict),
        (Err(NotDone::Conflict(conflict)), Ok(_)) => (&house.omar, conflict),
        wrong => panic!("{wrong:?}"),
    };
    assert_eq!(conflict.by, By::Staff(winner.title.clone()));
    assert_eq!(house.row(id).await.work.assignee.as_ref(), Some(&winner.name));
    // Also when something else has moved since: what counts is who has it.
    desk.note(winner, id, &house.act(id).await, "Called once").await.unwrap();
    let third = Staff { name: "third".to_owned(), ..house.nadia.clone() };
    for act in [one, house.act(id).await] {
        match desk.take(&third, id, &act).await.unwrap_err() {
            NotDone::Conflict(conflict) => assert_eq!(conflict.by, By::Staff(winner.title.clone())),
            wrong => panic!("{wrong:?}"),
        }
    }
    house.close().await;
}

#[tokio::test]
async fn whoever_is_of_another_team_reads_and_changes_nothing_unless_they_lead_or_were_given_it() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let west = Staff { name: "wes".to_owned(), teams: vec!["west".to_owned()], ..house.nadia.clone() };
    let rows = |list: Worklist| list.groups.into_iter().flat_map(|group| group.rows).collect::<Vec<_>>();
    let page = desk.referral(&west, id).await.unwrap();
    assert!(!page.may_write && !page.can_take && !page.can_send);
    // What they cannot take is on no list but everyone's, and is marked there.
    for shown in [Shown::Mine, Shown::Own, Shown::Unassigned] {
        let filter = Filter { shown, ..Filter::default() };
        assert_eq!(rows(desk.worklist(&west, &filter, None).await.unwrap()), [], "{shown:?}");
    }
    let everyone = Filter { shown: Shown::Everyone, ..Filter::default() };
    let row = &rows(desk.worklist(&west, &everyone, None).await.unwrap())[0];
    assert_eq!((row.can_take, row.other_team.as_deref()), (false, Some("Team East")));
    let row = &rows(desk.worklist(&house.nadia, &everyone, None).await.unwrap())[0];
    assert_eq!((row.can_take, row.other_team.as_deref()), (true, None));
    assert_eq!(desk.take(&west, id, &house.act(id).await).await.unwrap_err(), NotDone::ReadOnly);
    assert_eq!(desk.note(&west, id, &house.act(id).await, "no").await.unwrap_err(), NotDone::ReadOnly);
    for allowed in [
        Staff { role: Role::Lead, ..west.clone() },
        Staff { teams: Vec::new(), ..west.clone() },
        Staff { teams: vec!["west".to_owned(), "east".to_owned()], ..west.clone() },
    ] {
        assert!(desk.referral(&allowed, id).await.unwrap().may_write);
        assert!(rows(desk.worklist(&allowed, &Filter::default(), None).await.unwrap())[0].can_take);
    }
    desk.reassign(&house.nadia, id, &house.act(id).await, "wes").await.unwrap();
    desk.note(&west, id, &house.act(id).await, "It is mine now").await.unwrap();
    house.close().await;
}
