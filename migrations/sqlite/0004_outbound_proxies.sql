-- Proxies that upstream connections may leave through. Equal to the file of the same name in the other folder, but
-- for the types. Never edited once released.

-- login: user name and password, sealed for the row and the proxy's host:port. A proxy that was removed keeps its
-- row, without anything that was known of it, so that edges hear of that too.
create table outbound_proxies (
    id integer primary key,
    name text,
    url text,
    login blob,
    key_id text,
    enabled integer not null check (enabled in (0, 1)),
    created_at integer not null,
    revision integer not null,
    check ((name is null) = (url is null)),
    check ((login is null) = (key_id is null)),
    check (url is not null or login is null)
);
create unique index outbound_proxies_name on outbound_proxies (name);
create index outbound_proxies_revision on outbound_proxies (revision);

-- Ids of the proxies that an upstream's requests leave through, as JSON; null: none.
alter table upstream_settings add column egress text;

-- The same for one pool key, in place of its upstream's; null: as its upstream.
alter table pool_keys add column egress text;
