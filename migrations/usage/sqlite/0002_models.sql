-- Who asked for a model, and which pool keys served it: asked of weeks, without a reading of all that anybody asked for.
create index usage_by_client_key_and_model_model on usage_by_client_key_and_model (model, level, bucket);
create index usage_by_pool_key_and_model_model on usage_by_pool_key_and_model (model, level, bucket);
