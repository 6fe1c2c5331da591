//! The handlers, one file per noun. All alike: take the input, make one call, give a typed answer.

pub(crate) mod account;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod bulk;
pub(crate) mod client_keys;
mod csv;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod history;
pub(crate) mod jobs;
pub(crate) mod limits;
pub(crate) mod live_requests;
pub(crate) mod my_jobs;
pub(crate) mod my_keys;
pub(crate) mod my_pool_keys;
pub(crate) mod nodes;
pub(crate) mod outbound_proxies;
pub(crate) mod pool_keys;
pub(crate) mod registration;
pub(crate) mod requests;
pub(crate) mod routes;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod upstreams;
pub(crate) mod usage;
pub(crate) mod users;
