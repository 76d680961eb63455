-- What the desk and the chase know of a loop beside its state. `due_at`: the end of time when nothing is due.
-- `standing`: what decides of the group beside the due date: 0 asks for a person (also when it ended), 1 not seen,
-- 2 waits for the desk, 3 the rest, null on no worklist. Each group is one or two ranges of one standing, in the order
-- of due dates.
alter table loop
    add column seq            bigint   generated always as identity,
    add column listed         boolean  not null default false,
    add column team           text collate "C",
    add column assignee       text collate "C",
    add column waits_on       text collate "C" not null default '',
    add column seen           boolean  not null default false,
    add column due_at         bigint   not null default 9223372036854775807,
    add column chase_at       bigint,
    add column chase_step     smallint not null default 0,
    add column asked_at       bigint,
    add column level          text collate "C",
    add column reason         text collate "C",
    add column prefers_french boolean  not null default false,
    add column standing       smallint generated always as
        (case when attention is not null then 0 when not listed then null when not seen then 1
           when waits_on = 'desk' then 2 else 3 end) stored;

-- What ended before there were worklists stays off them.
update loop set listed = true where state not in ('completed', 'rejected', 'cancelled', 'failed', 'retracted');

-- With all that a worklist filters by, so that a filter that lets little through reads no rows in vain.
create index loop_standing on loop (custodian, standing, due_at, seq)
    include (id, assignee, team, state, recipient, reason, level, prefers_french, opened_at)
    where standing is not null;
create index loop_chase on loop (chase_at, seq) where chase_at is not null;

-- Short-lived things that pages need. Not part of the record. A subject is bytes, for it may be what a caller typed.
create table ticket (
    kind       text collate "C" not null,
    key        bytea  not null,
    subject    bytea  not null,
    data       bytea  not null,
    tries      bigint not null,
    expires_at bigint not null,
    primary key (kind, key)
);
create index ticket_subject on ticket (kind, sha256(subject), expires_at);
create index ticket_expiry on ticket (expires_at);
