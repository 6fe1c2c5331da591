-- Of each bucket, sums by model and key lie model after model: who asked for a model, and which pool keys served it, is read in
-- one piece of each bucket, not row by row through an index, and writing has an index less to keep.
alter table usage_by_client_key_and_model drop constraint usage_by_client_key_and_model_pkey;
alter table usage_by_client_key_and_model add primary key (level, bucket, model, user_id, client_key_id, upstream, endpoint, class);
drop index usage_by_client_key_and_model_model;
alter table usage_by_pool_key_and_model drop constraint usage_by_pool_key_and_model_pkey;
alter table usage_by_pool_key_and_model add primary key (level, bucket, model, pool_key_id, upstream, endpoint, class);
drop index usage_by_pool_key_and_model_model;
