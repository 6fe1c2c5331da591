-- What SQLite must know to read by user, key or model through its index, and not through all that lies in the range: of
-- each index, how many rows a table has about, and how many of them are alike in its first columns. It is written down
-- rather than measured, so that plans are those of full books from the first day on, and stay. Without `noskipscan`,
-- the sums of everybody would be read user by user.
analyze sqlite_schema;
insert into sqlite_stat1 (tbl, idx, stat) values
    ('usage_by_client_key', 'usage_by_client_key', '1000000 330000 2000 8 3 1 noskipscan'),
    ('usage_by_client_key', 'usage_by_client_key_user_id', '1000000 2000 700 10 noskipscan'),
    ('usage_by_client_key', 'usage_by_client_key_client_key_id', '1000000 1000 350 4 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model', '1000000 500000 15000 40 20 20 3 3 1 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model_user_id', '1000000 2000 1000 30 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model_client_key_id', '1000000 1000 500 15 noskipscan'),
    ('usage_by_client_key_and_model', 'usage_by_client_key_and_model_model', '1000000 40000 20000 600 noskipscan'),
    ('usage_by_pool_key', 'usage_by_pool_key', '1000000 330000 800 4 4 1 noskipscan'),
    ('usage_by_pool_key', 'usage_by_pool_key_pool_key_id', '1000000 5000 1700 4 noskipscan'),
    ('usage_by_pool_key_and_model', 'usage_by_pool_key_and_model', '1000000 1000000 8000 40 40 2 2 1 noskipscan'),
    ('usage_by_pool_key_and_model', 'usage_by_pool_key_and_model_pool_key_id', '1000000 5000 5000 40 noskipscan'),
    ('usage_by_pool_key_and_model', 'usage_by_pool_key_and_model_model', '1000000 40000 40000 400 noskipscan');
