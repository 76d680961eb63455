-- condition: 0 open, 1 probing from probe_at on, 2 paused, 3 off.
create table endpoint (
    id integer primary key,
    name text not null unique,
    condition integer not null,
    probe_at integer,
    failures integer not null,
    failing_since integer
) strict;

-- What one endpoint is told about one loop. Messages before `head` are delivered; `head` is above `tail` when none
-- waits. state: 0 flowing, 1 dead, 2 held. ready_at: when the lane may next be claimed, the lease's end while it is
-- leased; null when empty, dead or held. released: the fence under which a release last came, so that a hold decided
-- under it or before does not stand. attention: what the lane asks of a person, until it delivers again.
create table lane (
    id integer primary key,
    loop blob not null,
    endpoint integer not null,
    custodian integer not null,
    head integer not null,
    tail integer not null,
    state integer not null,
    due_at integer not null,
    ready_at integer,
    lease_until integer,
    fence integer not null,
    released integer,
    attention text,
    unique (loop, endpoint)
) strict;
create index lane_by_ready on lane (endpoint, ready_at) where ready_at is not null;
create index lane_by_lease on lane (endpoint, lease_until) where lease_until is not null;

create table message (
    lane integer not null,
    sequence integer not null,
    id blob not null,
    event text not null,
    resource blob not null,
    version integer not null,
    queued_at integer not null,
    due_at integer not null,
    attempts integer not null,
    first_attempt_at integer,
    ended_at integer,
    primary key (lane, sequence)
) strict, without rowid;

-- Every claim has its own fence, so (lane, fence) names the attempt.
create table attempt (
    lane integer not null,
    sequence integer not null,
    fence integer not null,
    started_at integer not null,
    took_millis integer not null,
    outcome text not null,
    primary key (lane, sequence, fence)
) strict, without rowid;
