-- When edges started, and what is found by when it began. Equal to the file of the same name in the other folder, but for
-- the types. Never edited once released.

-- One row for each process that has served as an edge. epoch: of that process. version: of its program.
create table starts (
    edge text not null,
    epoch bigint not null,
    at bigint not null,
    version text not null,
    primary key (edge, epoch)
);
create index starts_at on starts (at);

create index findings_began_at on findings (began_at);
create index audit_act on audit (act, at);
