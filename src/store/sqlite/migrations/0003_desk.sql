-- What the desk and the chase know of a loop beside its state. `due_at`: the end of time when nothing is due.
alter table loop add column listed integer not null default 0;
alter table loop add column team text;
alter table loop add column assignee text;
alter table loop add column waits_on text not null default '';
alter table loop add column seen integer not null default 0;
alter table loop add column due_at integer not null default 9223372036854775807;
alter table loop add column chase_at integer;
alter table loop add column chase_step integer not null default 0;
alter table loop add column asked_at integer;
alter table loop add column level text;
alter table loop add column reason text;
alter table loop add column prefers_french integer not null default 0;

-- What ended before there were worklists stays off them.
update loop set listed = 1 where state not in ('completed', 'rejected', 'cancelled', 'failed', 'retracted');

-- What decides of the group beside the due date: 0 asks for a person (also when it ended), 1 not seen, 2 waits for the
-- desk, 3 the rest, null on no worklist. Each group is one or two ranges of one standing, in the order of due dates.
alter table loop add column standing integer generated always as
    (case when attention is not null then 0 when listed = 0 then null when seen = 0 then 1
      when waits_on = 'desk' then 2 else 3 end) virtual;

-- With all that a worklist filters by, so that a filter that lets little through reads no rows in vain.
create index loop_by_standing on loop (custodian, standing, due_at, seq, assignee, team, state, recipient, reason,
    level, prefers_french, opened_at) where standing is not null;
create index loop_by_chase on loop (chase_at) where chase_at is not null;

-- Short-lived things that pages need. Not part of the record.
create table ticket (
    id integer primary key,
    kind text not null,
    key blob not null,
    subject text not null,
    data blob not null,
    tries integer not null,
    expires_at integer not null,
    unique (kind, key)
) strict;
create index ticket_by_subject on ticket (kind, subject, expires_at);
create index ticket_by_expiry on ticket (expires_at);
