-- What jobs were asked for, how many of their items were passed over or failed, and items by how they are. Equal to the
-- file of the same name in the other folder, but for the types. Never edited once released.

-- JSON without secrets; null: the kind says all.
alter table jobs add column asked text;
alter table jobs add column skipped bigint not null default 0;
alter table jobs add column failed bigint not null default 0;
create index jobs_state on jobs (state, id);
create index job_items_state on job_items (job_id, state, item);
