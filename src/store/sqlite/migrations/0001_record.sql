-- Parties. A custodian's or recipient's number is stored in every row of its own, so it never changes.
create table custodian (id integer primary key, name text not null unique) strict;
create table recipient (id integer primary key, name text not null unique) strict;

-- The last stamp given to a party: side 0 is a custodian (0: the directory), side 1 a recipient.
create table clock (
    side integer not null,
    party integer not null,
    at integer not null,
    primary key (side, party)
) strict, without rowid;

-- The current version of each resource; a deleted one has no body.
create table resource (
    seq integer primary key,
    id blob not null unique,
    kind integer not null,
    custodian integer not null,
    version integer not null,
    updated_at integer not null,
    body blob
) strict;
create index resource_by_creation on resource (custodian, kind) where body is not null;
create index resource_by_time on resource (custodian, kind, updated_at);

-- Versions that are no longer current.
create table history (
    id integer primary key,
    resource integer not null,
    version integer not null,
    kind integer not null,
    custodian integer not null,
    updated_at integer not null,
    body blob,
    unique (resource, version)
) strict;
create index history_by_time on history (custodian, kind, updated_at);

-- Systems of tokens, spelled once.
create table term (id integer primary key, text text not null unique) strict;

-- Where resources are found. `param` is kind * 256 + parameter; the custodian leads. The second index of each serves
-- a recipient's searches (resource known, value asked) and the replacement of a resource's entries.
create table index_token (
    custodian integer not null,
    param integer not null,
    code text not null,
    system integer not null,
    resource integer not null,
    primary key (custodian, param, code, system, resource)
) strict, without rowid;
create index index_token_by_resource on index_token (resource, param, code, system);

-- `target`: sixteen bytes of a local id, or the UTF-8 of a URL.
create table index_reference (
    custodian integer not null,
    param integer not null,
    target blob not null,
    resource integer not null,
    primary key (custodian, param, target, resource)
) strict, without rowid;
create index index_reference_by_resource on index_reference (resource, param, target);

-- What was disclosed to whom.
create table visible (
    recipient integer not null,
    kind integer not null,
    resource integer not null,
    primary key (recipient, kind, resource)
) strict, without rowid;
create index visible_by_resource on visible (resource);

-- Identities, each held by one resource.
create table claim (
    custodian integer not null,
    key text not null,
    holder blob not null,
    primary key (custodian, key)
) strict, without rowid;

create table loop (
    seq integer primary key,
    id blob not null unique,
    custodian integer not null,
    reference text not null unique,
    source text not null,
    request blob not null,
    patient blob not null,
    recipient integer,
    state text not null,
    attention text,
    opened_at integer not null,
    changed_at integer not null
) strict;
create index loop_by_opening on loop (custodian, opened_at);
create index loop_by_recipient on loop (recipient, opened_at) where recipient is not null;
create index loop_by_patient on loop (patient);
create index loop_by_request on loop (request);

-- Receipts of submissions.
create table submission (
    seq integer primary key,
    id blob not null,
    custodian integer not null,
    source text not null,
    key text not null,
    body_hash blob not null,
    body blob,
    answer blob not null,
    committed_at integer not null,
    unique (source, key)
) strict;

-- One link per custodian, node and commit group.
create table audit (
    id integer primary key,
    custodian integer not null,
    node text not null,
    sequence integer not null,
    at integer not null,
    entries blob not null,
    hash blob not null,
    unique (custodian, node, sequence)
) strict;
