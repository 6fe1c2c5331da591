-- Nodes that are added, drained and taken out while the relay runs. Equal to the file of the same name in the
-- other folder, but for the types. Never edited once released.

-- What differs from the configuration. A node that was added has role, url and http; a row without them is about a
-- configured node. Rows stay, so that edges hear of what is gone. metadata: JSON.
create table nodes (
    id integer primary key,
    upstream text not null,
    name text not null,
    role text check (role in ('any', 'image', 'text', 'api')),
    url text,
    http text check (http in ('auto', 'h1', 'h2')),
    state text not null check (state in ('active', 'draining', 'removed')),
    metadata text not null,
    created_at integer not null,
    revision integer not null,
    check ((url is null) = (role is null) and (url is null) = (http is null))
);
create unique index nodes_name on nodes (upstream, name);
create index nodes_revision on nodes (revision);

-- The node that active-first prefers; null: the first one.
alter table upstream_settings add column active_node text;
