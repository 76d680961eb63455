-- From when until when what was disclosed may be seen: milliseconds of the epoch, inclusive and exclusive. What was
-- disclosed before has no end.
alter table visible add column since bigint not null default -9223372036854775807;
alter table visible add column until bigint not null default 9223372036854775807;
