-- The other folder's file tells SQLite how to read by user, key or model; Postgres measures that by itself.
select 1;
