-- What is left behind a pool key, with what was ever used and when that was asked. Equal to the file of the same name
-- in the other folder, but for the types. Never edited once released.

-- Millionths of the upstream's currency, beside `credit`; null where the upstream does not tell.
alter table pool_keys add column credit_used integer check (credit_used >= 0);

-- When the upstream was asked, in milliseconds since the Unix epoch; null before that. Where it is set and `credit` is
-- null, the upstream tells nobody what is left.
alter table pool_keys add column credit_at integer check (credit_at >= 0);
