-- The record and what is derived from it. The custodian leads the keys, so that an engine which distributes
-- PostgreSQL may split by it. Instants are milliseconds since 1970 (UTC). Text that is compared is in "C" order and
-- at most 500 bytes: longer values come as a digest (see value.rs), so that no B-tree entry is too large.

-- Who takes part. Custodian 0 is the shared directory.
create table custodian (
    id   integer generated always as identity primary key,
    name text collate "C" not null unique
);
create table recipient (
    id   integer generated always as identity primary key,
    name text collate "C" not null unique
);

-- Code systems and other long names that recur in every index row. Never changed, never removed.
create table name (
    id   integer generated always as identity primary key,
    text text collate "C" not null unique
);

-- The last stamp given to what a custodian (kind 0) or a recipient (kind 1) can see.
create table clock (
    kind smallint not null,
    id   integer  not null,
    last bigint   not null,
    primary key (kind, id)
) with (fillfactor = 50);

create sequence resource_seq as bigint cache 1;

-- The current version of every resource. No body: deleted.
create table resource (
    seq        bigint   primary key default nextval('resource_seq'),
    id         uuid     not null unique,
    custodian  integer  not null,
    kind       smallint not null,
    version    integer  not null,
    updated_at bigint   not null,
    body       bytea
) with (fillfactor = 90);
create index resource_created on resource (custodian, kind, seq) where body is not null;
create index resource_updated on resource (custodian, kind, updated_at, seq);

-- The versions before the current one.
create table history (
    resource   bigint   not null,
    version    integer  not null,
    custodian  integer  not null,
    kind       smallint not null,
    updated_at bigint   not null,
    body       bytea,
    primary key (resource, version)
);
create index history_updated on history (custodian, kind, updated_at, resource);

-- What resources are found by. `param` is kind * 256 + parameter: every search is of one kind. A token's system is a
-- row of `name`, or 0 when there is none.
create table index_token (
    custodian integer  not null,
    param     integer  not null,
    code      text collate "C" not null,
    system    integer  not null,
    resource  bigint   not null,
    primary key (custodian, param, code, system, resource)
);
-- For a resource at hand: a recipient's search asks it for a value, a new version replaces its entries.
create index index_token_resource on index_token (resource, param, code, system);

-- A target is the 16 bytes of a local id, or the 32 bytes of a URL's SHA-256.
create table index_reference (
    custodian integer  not null,
    param     integer  not null,
    target    bytea    not null,
    resource  bigint   not null,
    primary key (custodian, param, target, resource)
);
create index index_reference_resource on index_reference (resource, param, target);

-- What was disclosed to a recipient.
create table visible (
    recipient integer  not null,
    kind      smallint not null,
    resource  bigint   not null,
    primary key (recipient, kind, resource)
);
create index visible_resource on visible (resource);

-- Who holds an identity.
create table claim (
    custodian integer not null,
    key       text collate "C" not null,
    holder    uuid    not null,
    primary key (custodian, key)
);

-- One row per referral, for worklists, timers and reports.
create table loop (
    id         uuid    primary key,
    custodian  integer not null,
    reference  text collate "C" not null,
    source     text    not null,
    request    uuid    not null,
    patient    uuid    not null,
    recipient  integer,
    state      text    not null,
    attention  text,
    opened_at  bigint  not null,
    changed_at bigint  not null,
    constraint loop_reference unique (reference)
);
create index loop_custodian on loop (custodian, opened_at, id);
create index loop_recipient on loop (recipient, opened_at, id) where recipient is not null;
create index loop_patient on loop (patient);
create index loop_request on loop (request);

-- Submissions: what was answered to a client, for ever.
create table submission (
    source       text collate "C" not null,
    key          text collate "C" not null,
    id           uuid   not null,
    body_hash    bytea  not null,
    body         bytea,
    answer       bytea  not null,
    committed_at bigint not null,
    primary key (source, key)
);

-- The audit chain: one row per custodian, node and commit group.
create table audit (
    custodian integer not null,
    node      text collate "C" not null,
    sequence  bigint  not null,
    at        bigint  not null,
    entries   bytea   not null,
    hash      bytea   not null,
    primary key (custodian, node, sequence)
);
