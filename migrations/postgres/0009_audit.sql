-- Who did what to whom, and which creating requests were answered. Equal to the file of the same name in the other
-- folder, but for the types. Never edited once released.

-- Ids count from 1 without a gap. mac: of this row and the mac of the row before it, so that a row that is
-- changed, removed or put in between is noticed. before_act and after_act: JSON without secrets.
create table audit (
    id bigint primary key,
    at bigint not null,
    actor_kind text not null check (actor_kind in ('operator', 'user', 'job', 'nobody')),
    actor_id bigint,
    actor_name text not null,
    address text,
    act text not null,
    object_kind text not null,
    object_id bigint,
    object_name text not null,
    before_act text,
    after_act text,
    request_id text,
    mac bytea not null
);
create index audit_at on audit (at);
create index audit_actor on audit (actor_kind, actor_id, id);
create index audit_object on audit (object_kind, object_id, id);

-- One row: how many entries there are, and a mac of that number and the last entry's, so that rows cut from the
-- end are noticed.
create table audit_head (
    id bigint primary key check (id = 1),
    entries bigint not null,
    mac bytea not null
);

-- Answers to creating requests that came with an Idempotency-Key, for those who send one again. Without an answer:
-- the request is under way, or ended nobody knows how. answer: JSON, without secrets that were shown once.
create table idempotency (
    caller text not null,
    key_hash bytea not null,
    request_hash bytea not null,
    created_at bigint not null,
    answer text,
    primary key (caller, key_hash)
);
create index idempotency_created_at on idempotency (created_at);
