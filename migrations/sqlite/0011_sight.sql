-- How things fared, what is wrong with them, and who is told. Equal to the file of the same name in the other folder,
-- but for the types. Never edited once released.

-- The last id of what the relay notes by itself: what happens by the thousand must not use up the ids of what people make.
alter table meta add column last_note_id integer not null default 0;

-- How pool keys, nodes and outbound proxies went from one state to another. subject: an id, or a node's name. spent: JSON,
-- how long it was in which state between at and until_at, where changes were gathered. evidence: JSON. No foreign keys:
-- what is gone keeps its history for a while.
create table state_changes (
    id integer primary key,
    kind text not null check (kind in ('pool_key', 'node', 'outbound_proxy')),
    subject text not null,
    upstream text not null,
    at integer not null,
    until_at integer not null,
    from_state text,
    to_state text not null,
    times integer not null,
    spent text,
    by_kind text not null check (by_kind in ('traffic', 'probe', 'relay', 'person')),
    by_id integer,
    reason text,
    evidence text
);
create index state_changes_subject on state_changes (kind, subject, upstream, id);
create index state_changes_at on state_changes (at);

-- When nobody looked.
create table watch_gaps (
    id integer primary key,
    began_at integer not null,
    ended_at integer not null,
    why text not null
);
create index watch_gaps_ended_at on watch_gaps (ended_at);

-- When somebody looked last.
create table watch_marks (
    name text primary key,
    at integer not null
);

-- What was seen of outbound proxies that bears on whether they rest.
create table proxy_events (
    id integer primary key,
    proxy_id integer not null,
    upstream text not null,
    at integer not null,
    seen_by text not null check (seen_by in ('traffic', 'probe', 'judge')),
    did text not null check (did in ('worked', 'failed', 'excused', 'unwelcome')),
    why text,
    rest_ms integer
);
create index proxy_events_at on proxy_events (at);

-- What is wrong, or was. name: the same for the same trouble of the same thing. evidence and actions: JSON.
create table findings (
    id integer primary key,
    name text not null,
    kind text not null,
    subject text not null,
    severity text not null check (severity in ('info', 'warning', 'critical')),
    whose text not null,
    cause text not null,
    evidence text not null,
    actions text not null,
    began_at integer not null,
    seen_at integer not null,
    ended_at integer,
    acknowledged_at integer,
    acknowledged_by integer,
    acknowledged_until integer,
    note text
);
create index findings_name on findings (name);
create index findings_ended_at on findings (ended_at);

-- Who is told of findings. place: scheme and host of its URL. sealed: URL and secret, sealed for the row. kinds: JSON,
-- null for all. quiet: JSON, the hours in which only what is critical is told.
create table alert_targets (
    id integer primary key,
    name text not null,
    place text not null,
    sealed blob not null,
    key_id text not null,
    kinds text,
    min_severity text not null check (min_severity in ('info', 'warning', 'critical')),
    quiet text,
    allow_private integer not null check (allow_private in (0, 1)),
    enabled integer not null check (enabled in (0, 1)),
    created_at integer not null,
    revision integer not null
);
create unique index alert_targets_name on alert_targets (name);

-- What they are told, and what became of it. One row for each event of a finding.
create table alert_deliveries (
    id integer primary key,
    target_id integer not null references alert_targets (id) on delete cascade,
    finding_id integer,
    event text not null check (event in ('opened', 'resolved', 'digest', 'test')),
    body text not null,
    created_at integer not null,
    state text not null check (state in ('waiting', 'held', 'digested', 'delivered', 'failed')),
    attempts integer not null,
    next_at integer,
    last_at integer,
    status integer,
    error text
);
create unique index alert_deliveries_once on alert_deliveries (target_id, finding_id, event);
create index alert_deliveries_next_at on alert_deliveries (state, next_at);
