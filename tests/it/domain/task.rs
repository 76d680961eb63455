//! The referral Task: every state, role and command against the table of SDOH Clinical Care 3.0.0.

use lariat::domain::reason::{ClosingReason, Decline, DeclineReason, StatusReason, UnusableReason};
use lariat::domain::task::{
    Carried, Command, ForeignStatus, NotAReferralStatus, Origin, Outputs, ReferralTask, Refusal, Role, Roles,
    Status, TaskFacts,
};

/// Who may give which command in which state: `R` the requester, `T` the target, `E` either, `.` nobody.
const WHO_MAY: &str = "
                  send accept reject start hold resume complete fail cancel retract amend
draft             R    .      .      .     .    .      .        .    .      R       R
requested         .    T      T      .     .    .      .        .    E      R       E
accepted          .    .      .      T     T    .      T        T    E      R       E
in-progress       .    .      .      .     T    .      T        T    E      R       E
on-hold           .    .      .      .     .    T      T        T    E      R       E
completed         .    .      .      .     .    .      .        .    .      R       E
rejected          .    .      .      .     .    .      .        .    .      R       E
cancelled         .    .      .      .     .    .      .        .    .      R       E
failed            .    .      .      .     .    .      .        .    .      R       E
entered-in-error  .    .      .      .     .    .      .        .    .      .       .
";

/// The command between each two of FHIR's twelve statuses; `x` refuses, `=` amends, `?` is no referral status.
const BETWEEN: &str = "
                 draft requested received accepted rejected ready cancelled in-progress on-hold failed completed entered-in-error
draft            =     send      ?        x        x        ?     x         x           x       x      x         retract
requested        x     =         ?        accept   reject   ?     cancel    x           x       x      x         retract
received         ?     ?         ?        ?        ?        ?     ?         ?           ?       ?      ?         ?
accepted         x     x         ?        =        x        ?     cancel    start       hold    fail   complete  retract
rejected         x     x         ?        x        =        ?     x         x           x       x      x         retract
ready            ?     ?         ?        ?        ?        ?     ?         ?           ?       ?      ?         ?
cancelled        x     x         ?        x        x        ?     =         x           x       x      x         retract
in-progress      x     x         ?        x        x        ?     cancel    =           hold    fail   complete  retract
on-hold          x     x         ?        x        x        ?     cancel    resume      =       fail   complete  retract
failed           x     x         ?        x        x        ?     x         x           x       =      x         retract
completed        x     x         ?        x        x        ?     x         x           x       x      =         retract
entered-in-error x     x         ?        x        x        ?     x         x           x       x      x         x
";

/// (row, column, cell) of a table.
fn cells(table: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut lines = table.lines().filter(|line| !line.is_empty());
    let heads: Vec<_> = lines.next().expect("a head").split_whitespace().collect();
    lines
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let row = words.next().expect("a row's name");
            let cells: Vec<_> = words.collect();
            assert_eq!(cells.len(), heads.len(), "{row}");
            heads.clone().into_iter().zip(cells).map(move |(head, cell)| (row, head, cell))
        })
        .collect()
}

fn why() -> StatusReason {
    StatusReason::new("No bus on Sundays").expect("words")
}

fn carried() -> Carried {
    Carried { reason: Some(why()), decline: Some(DeclineReason::AtCapacity), outputs: Outputs(1) }
}

fn task(status: &str, origin: Origin) -> ReferralTask {
    let facts = TaskFacts {
        status,
        reason: Some("No bus on Sundays"),
        decline: Some(DeclineReason::AtCapacity),
        outputs: Outputs(1),
        origin,
    };
    ReferralTask::read(&facts).expect("a task")
}

/// A command by its name, and where it leads.
fn command(name: &str) -> (Command, Option<Status>) {
    let reason = why();
    match name {
        "send" => (Command::Send, Some(Status::Requested)),
        "accept" => (Command::Accept, Some(Status::Accepted)),
        "reject" => {
            let decline = Decline::new(Some(DeclineReason::AtCapacity), Some(reason));
            (Command::Reject { decline }, Some(Status::Rejected))
        }
        "start" => (Command::Start, Some(Status::InProgress)),
        "hold" => (Command::Hold { reason }, Some(Status::OnHold)),
        "resume" => (Command::Resume, Some(Status::InProgress)),
        "complete" => (Command::Complete { outputs: Outputs(1) }, Some(Status::Completed)),
        "fail" => (Command::Fail { reason }, Some(Status::Failed)),
        "cancel" => (Command::Cancel { reason }, Some(Status::Cancelled)),
        "retract" => (Command::Retract, Some(Status::EnteredInError)),
        "amend" => (Command::Amend { carried: carried() }, None),
        other => panic!("no command {other}"),
    }
}

#[test]
fn every_state_role_and_command_is_as_the_guide_says() {
    let cells = cells(WHO_MAY);
    assert_eq!(cells.len(), 10 * 11);
    let callers = [
        (Roles::Neither, ""),
        (Roles::One(Role::Requester), "RE"),
        (Roles::One(Role::Target), "TE"),
        (Roles::Both, "RTE"),
    ];
    for (state, name, may) in cells {
        for (roles, letters) in callers {
            let (command, leads_to) = command(name);
            let from = Status::from_code(state).unwrap();
            let to = leads_to.unwrap_or(from);
            let ended = ["completed", "rejected", "cancelled", "failed", "entered-in-error"].contains(&state);
            let expected = match may {
                "." if ended => Err(Refusal::Ended { from, to }),
                "." => Err(Refusal::Illegal { from, to }),
                may if letters.contains(may) => Ok(to),
                "R" => Err(Refusal::WrongRole { from, to, needs: Some(Role::Requester) }),
                "T" => Err(Refusal::WrongRole { from, to, needs: Some(Role::Target) }),
                _ => Err(Refusal::WrongRole { from, to, needs: None }),
            };
            let actual = task(state, Origin::Professional).apply(roles, command).map(|task| task.status());
            assert_eq!(actual, expected, "{state} {name} by {roles:?}");
        }
    }
}

#[test]
fn every_pair_of_fhir_statuses_is_read_as_the_right_command() {
    let cells = cells(BETWEEN);
    assert_eq!(cells.len(), 12 * 12);
    for (from, to, cell) in cells {
        let (from_status, to_status) = (Status::from_code(from), Status::from_code(to));
        let (Ok(from_status), Ok(to_status)) = (from_status, to_status) else {
            assert_eq!(cell, "?", "{from} to {to}");
            continue;
        };
        let actual = Command::between(from_status, to_status, carried());
        match cell {
            "x" => assert!(
                matches!(actual, Err(Refusal::Illegal { .. } | Refusal::Ended { .. })),
                "{from} to {to}: {actual:?}"
            ),
            "=" => assert_eq!(actual, Ok(Command::Amend { carried: carried() }), "{from} to {to}"),
            name => assert_eq!(actual, Ok(command(name).0), "{from} to {to}"),
        }
    }
}

#[test]
fn received_and_ready_are_named_as_foreign_and_nonsense_as_unknown() {
    assert_eq!(Status::from_code("received"), Err(NotAReferralStatus::Foreign(ForeignStatus::Received)));
    assert_eq!(Status::from_code("ready"), Err(NotAReferralStatus::Foreign(ForeignStatus::Ready)));
    assert_eq!(Status::from_code("Accepted"), Err(NotAReferralStatus::Unknown));
    for status in Status::ALL {
        assert_eq!(Status::from_code(status.code()), Ok(status));
    }
}

#[test]
fn pausing_failing_and_cancelling_need_a_reason_and_declining_does_not() {
    for to in [Status::OnHold, Status::Failed, Status::Cancelled] {
        let refused = Command::between(Status::Accepted, to, Carried::default());
        assert_eq!(refused, Err(Refusal::ReasonMissing { to }));
    }
    let silent = Command::between(Status::Requested, Status::Rejected, Carried::default());
    let Ok(Command::Reject { decline }) = silent else { panic!("{silent:?}") };
    assert_eq!((decline.code().code(), decline.text()), ("unspecified", "No reason was given"));

    let in_words = Decline::new(None, Some(why()));
    assert_eq!((in_words.code().code(), in_words.text()), ("other", "No bus on Sundays"));
    let in_code = Decline::new(Some(DeclineReason::Waitlist), None);
    assert_eq!((in_code.code().code(), in_code.text()), ("waitlist", "No place is free; there is a waiting list"));
}

#[test]
fn a_task_that_lacks_its_reason_is_not_read() {
    for (status, to) in [("on-hold", Status::OnHold), ("cancelled", Status::Cancelled), ("failed", Status::Failed)]
    {
        for reason in [None, Some(""), Some(" \n")] {
            let facts =
                TaskFacts { status, reason, decline: None, outputs: Outputs::NONE, origin: Origin::Professional };
            assert_eq!(ReferralTask::read(&facts), Err(Refusal::ReasonMissing { to }), "{status} {reason:?}");
        }
    }
}

#[test]
fn only_a_completed_self_referral_must_have_an_output() {
    let by = Roles::One(Role::Target);
    for state in ["accepted", "in-progress", "on-hold"] {
        let complete = |origin, outputs| {
            task(state, origin).apply(by, Command::Complete { outputs }).map(|task| task.status())
        };
        assert_eq!(complete(Origin::Professional, Outputs::NONE), Ok(Status::Completed));
        assert_eq!(complete(Origin::SelfReferral, Outputs::NONE), Err(Refusal::OutputMissing));
        assert_eq!(complete(Origin::SelfReferral, Outputs(1)), Ok(Status::Completed));
    }
    let emptied = Command::Amend { carried: Carried::default() };
    assert_eq!(task("completed", Origin::SelfReferral).apply(by, emptied), Err(Refusal::OutputMissing));
}

#[test]
fn self_referral_is_remembered_through_every_move() {
    let mut task = task("requested", Origin::SelfReferral);
    for name in ["accept", "start", "hold", "resume"] {
        task = task.apply(Roles::Both, command(name).0).unwrap();
    }
    let empty = Command::Complete { outputs: Outputs::NONE };
    assert_eq!(task.apply(Roles::Both, empty), Err(Refusal::OutputMissing));
}

#[test]
fn the_words_of_the_targets_reason_are_the_targets() {
    let reworded =
        || Command::Amend { carried: Carried { reason: Some(ClosingReason::Moved.into()), ..carried() } };
    for state in ["on-hold", "failed", "rejected"] {
        let from = Status::from_code(state).unwrap();
        let refused = Refusal::WrongRole { from, to: from, needs: Some(Role::Target) };
        let task = || task(state, Origin::Professional);
        assert_eq!(task().apply(Roles::One(Role::Requester), reworded()), Err(refused), "{state}");
        assert!(task().apply(Roles::One(Role::Target), reworded()).is_ok(), "{state}");
    }
    let paused = task("on-hold", Origin::Professional).apply(Roles::One(Role::Target), reworded()).unwrap();
    let ReferralTask::OnHold(paused) = paused else { panic!("{paused:?}") };
    assert_eq!(paused.reason().as_str(), "The client has moved away");
}

#[test]
fn a_pause_cannot_be_amended_out_of_its_reason() {
    let silent = Command::Amend { carried: Carried::default() };
    for (state, to) in [("on-hold", Status::OnHold), ("failed", Status::Failed), ("cancelled", Status::Cancelled)] {
        let refused = task(state, Origin::Professional).apply(Roles::Both, silent.clone());
        assert_eq!(refused, Err(Refusal::ReasonMissing { to }));
    }
}

#[test]
fn a_task_begins_as_a_draft_or_sent_and_by_its_requester() {
    let open = |status, roles| {
        let facts = TaskFacts {
            status,
            reason: Some("No bus on Sundays"),
            decline: None,
            outputs: Outputs(1),
            origin: Origin::Professional,
        };
        ReferralTask::open(&facts, roles).map(|task| task.status())
    };
    let clinic = Roles::One(Role::Requester);
    for status in Status::ALL {
        let expected = match status.code() {
            "draft" | "requested" => Ok(status),
            _ => Err(Refusal::NotAStart(status)),
        };
        assert_eq!(open(status.code(), clinic), expected);
    }
    assert_eq!(
        open("requested", Roles::One(Role::Target)),
        Err(Refusal::WrongRole { from: Status::Draft, to: Status::Requested, needs: Some(Role::Requester) })
    );
}

#[test]
fn reasons_are_trimmed_bounded_and_not_shown_when_debugging() {
    assert_eq!(StatusReason::new("  moved \n").unwrap().as_str(), "moved");
    assert_eq!(StatusReason::new(" \t"), Err(UnusableReason::Blank));
    assert!(StatusReason::new(&"é".repeat(4_000)).is_ok());
    assert_eq!(StatusReason::new(&"é".repeat(4_001)), Err(UnusableReason::TooLong));
    assert_eq!(format!("{:?}", task("on-hold", Origin::Professional)).find("Sundays"), None);
}

#[test]
fn a_refusal_tells_the_sender_where_why_and_what_next() {
    let from = Status::Rejected;
    let table = [
        (
            Refusal::Illegal { from: Status::Requested, to: Status::Completed },
            "R-TASK-TRANSITION",
            "Task.status",
            "A Task cannot go from `requested` to `completed`.",
            "From `requested` it can go to: `accepted`, `rejected`, `cancelled`, `entered-in-error`.",
        ),
        (
            Refusal::Ended { from, to: Status::Completed },
            "R-TASK-ENDED",
            "Task.status",
            "The Task has ended as `rejected` and cannot become `completed`.",
            "Leave it, and send a new Task if the referral is to go on.",
        ),
        (
            Refusal::WrongRole { from: Status::Requested, to: Status::Accepted, needs: Some(Role::Target) },
            "R-TASK-ROLE",
            "Task.status",
            "Only the target may take a Task from `requested` to `accepted`.",
            "Leave this to the target.",
        ),
        (
            Refusal::ReasonMissing { to: Status::OnHold },
            "R-TASK-REASON",
            "Task.statusReason.text",
            "A Task that is `on-hold` must say why.",
            "Give the reason in words in `statusReason.text`.",
        ),
        (
            Refusal::OutputMissing,
            "R-TASK-OUTPUT",
            "Task.output",
            "A self-referral cannot be completed without saying what was done.",
            "Add an output of type `resulting-activity` with a Procedure or a procedure code.",
        ),
        (
            Refusal::ForeignStatus(ForeignStatus::Received),
            "R-TASK-STATUS-FOREIGN",
            "Task.status",
            "The status `received` is not used by referral Tasks.",
            "Use one of: `draft`, `requested`, `accepted`, `in-progress`, `on-hold`, `completed`, `rejected`, \
             `cancelled`, `failed`, `entered-in-error`.",
        ),
    ];
    for (refusal, rule, at, message, remedy) in table {
        let issue = refusal.issue("Task");
        assert_eq!((issue.rule, issue.at.as_str()), (rule, at));
        assert_eq!((issue.message.as_ref(), issue.remedy.as_ref()), (message, remedy));
    }
}
