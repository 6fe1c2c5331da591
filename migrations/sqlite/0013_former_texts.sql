-- Since when a client key has another text; null where that was not noted yet.
alter table former_texts add column since integer;
