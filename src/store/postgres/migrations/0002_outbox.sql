-- The outbox. A lane keeps the order of one (loop, endpoint); workers claim lanes, never messages.

-- condition: 0 open, 1 probing not before `until_at`, 2 paused, 3 off.
create table endpoint (
    id            integer generated always as identity primary key,
    name          text collate "C" not null unique,
    condition     smallint not null default 0,
    until_at      bigint,
    failures      integer  not null default 0,
    failing_since bigint
);

-- `head` is the message to send next, `tail` the last one queued. `due_at` is null when the lane is empty, held or
-- dead: it cannot be claimed. `released` is the fence under which a release came: a hold decided under that fence
-- or before it stands on what was known before the release, and does not hold. `lease_node`: the node that has or
-- last had the lease. `attention`: what the lane asks of a
-- person, until it delivers again.
create table lane (
    id          bigint generated always as identity primary key,
    loop        uuid    not null,
    endpoint    integer not null,
    custodian   integer not null,
    head        bigint  not null,
    tail        bigint  not null,
    due_at      bigint,
    lease_until bigint,
    lease_node  text,
    fence       bigint  not null default 0,
    released    bigint  not null default 0,
    attention   text,
    constraint lane_key unique (loop, endpoint)
) with (fillfactor = 70);
create index lane_due on lane (endpoint, due_at, id) where due_at is not null;
create index lane_leased on lane (endpoint, lease_until) where lease_until is not null;

-- state: 0 waiting, 1 delivered, 2 dead, 3 held, 4 skipped.
create table message (
    lane             bigint   not null,
    sequence         bigint   not null,
    message_id       uuid     not null,
    event            text     not null,
    resource         uuid     not null,
    version          integer  not null,
    queued_at        bigint   not null,
    due_at           bigint   not null,
    state            smallint not null default 0,
    attempts         integer  not null default 0,
    first_attempt_at bigint,
    ended_at         bigint,
    primary key (lane, sequence)
) with (fillfactor = 90);

create table attempt (
    lane       bigint  not null,
    sequence   bigint  not null,
    id         bigint  generated always as identity,
    started_at bigint  not null,
    took_ms    bigint  not null,
    outcome    text    not null,
    primary key (lane, sequence, id)
);
