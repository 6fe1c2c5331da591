//! Which usage, and which requests. Members ask for their own alone: their types have no field for anybody else's.

use std::sync::Arc;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_filters::usage::{Endpoint, StatusClass};
use potluck_store::usage::ask::Filter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MAX_PAGE, MyUsageGroups, UsageGroups, UsageMeasure, UsageStep};

/// The time of a question as it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedTime<'a> {
    pub(crate) range: Option<&'a str>,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

macro_rules! asked {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The last so long, such as `90m`, `24h` or `7d`; a day when neither this nor `from` is there.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub range: Option<String>,
            /// From this time on, in the place of `range`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub from: Option<i64>,
            /// Before this time; now when absent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub to: Option<i64>,
            /// Of this upstream.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub upstream: Option<String>,
            /// Of this model.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub model: Option<String>,
            /// Of this kind.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub endpoint: Option<Endpoint>,
            /// That ended so.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub class: Option<StatusClass>,
            /// With the client key of this id.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub client_key: Option<i64>,
            /// That the relay refused for this reason, such as `rate_limited`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub code: Option<String>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }

        impl $name {
            pub(crate) fn time(&self) -> AskedTime<'_> {
                AskedTime { range: self.range.as_deref(), from: self.from, to: self.to }
            }

            fn narrow(&self) -> Filter {
                Filter {
                    client_key: self.client_key.map(ClientKeyId),
                    upstream: self.upstream.as_deref().map(Arc::from),
                    model: self.model.as_deref().map(Arc::from),
                    endpoint: self.endpoint,
                    class: self.class,
                    ..Filter::default()
                }
            }
        }
    };
}

/// The filters of members: nobody's but their own.
macro_rules! of_members {
    ($($name:ident)*) => {$(
        impl $name {
            pub(crate) fn filter(&self, user: UserId) -> Filter {
                Filter { user: Some(user), ..self.narrow() }
            }
        }
    )*};
}

macro_rules! of_all {
    ($($name:ident)*) => {$(
        impl $name {
            pub(crate) fn filter(&self) -> Filter {
                Filter {
                    user: self.user.map(UserId),
                    pool_keys: self.pool_key.map(|id| vec![PoolKeyId(id)]),
                    node: self.node.as_deref().map(Arc::from),
                    ..self.narrow()
                }
            }
        }
    )*};
}

/// The bounds of pages.
macro_rules! of_pages {
    ($($name:ident)*) => {$(
        impl $name {
            pub(crate) fn limit(&self) -> u32 {
                self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
            }
        }
    )*};
}

of_members! { MyUsageQuery MyUsageByQuery MyRequestsQuery ExportMyRequests }
of_all! { UsageQuery UsageByQuery RequestsQuery ExportRequests }
of_pages! { MyRequestsQuery RequestsQuery }

asked! {
    /// Which of one's own usage.
    MyUsageQuery {
        /// How long the steps are; what suits the range when absent.
        step: UsageStep,
    }
}

asked! {
    /// Which usage.
    UsageQuery {
        /// How long the steps are; what suits the range when absent.
        step: UsageStep,
        /// Of the user with this id.
        user: i64,
        /// Served by the pool key with this id.
        pool_key: i64,
        /// Of this node.
        node: String,
    }
}

asked! {
    /// Which of one's own usage, by what.
    MyUsageByQuery {
        /// By what; the model when absent.
        by: MyUsageGroups,
        /// The largest by this; requests when absent.
        measure: UsageMeasure,
        /// How many, 1 to 100; 10 when absent.
        limit: u32,
    }
}

asked! {
    /// Which usage, by what.
    UsageByQuery {
        /// By what; the model when absent.
        by: UsageGroups,
        /// The largest by this; requests when absent.
        measure: UsageMeasure,
        /// How many, 1 to 100; 10 when absent.
        limit: u32,
        /// Of the user with this id.
        user: i64,
        /// Served by the pool key with this id.
        pool_key: i64,
        /// Of this node.
        node: String,
    }
}

asked! {
    /// Which of one's own requests.
    MyRequestsQuery {
        /// The `next` of the page before; absent begins with the newest.
        after: String,
        /// 1 to 1000; 100 when absent.
        limit: u32,
    }
}

asked! {
    /// Which requests.
    RequestsQuery {
        /// The `next` of the page before; absent begins with the newest.
        after: String,
        /// 1 to 1000; 100 when absent.
        limit: u32,
        /// Of the user with this id.
        user: i64,
        /// Served by the pool key with this id.
        pool_key: i64,
        /// Of this node.
        node: String,
    }
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestsFormat {
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Comma-separated values with a line of names; cells that a spreadsheet would compute begin with `'`.
    Csv,
}

asked! {
    /// Which of one's own requests are exported, the newest first.
    ExportMyRequests {
        /// `ndjson` when absent.
        format: RequestsFormat,
    }
}

asked! {
    /// Which requests are exported, the newest first.
    ExportRequests {
        /// `ndjson` when absent.
        format: RequestsFormat,
        /// Of the user with this id.
        user: i64,
        /// Served by the pool key with this id.
        pool_key: i64,
        /// Of this node.
        node: String,
    }
}

/// Which time.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageOfQuery {
    /// The last so long, such as `90m`, `24h` or `7d`; a day when neither this nor `from` is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// From this time on, in the place of `range`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// Before this time; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    /// How long the steps are; what suits the range when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<UsageStep>,
}

impl UsageOfQuery {
    pub(crate) fn time(&self) -> AskedTime<'_> {
        AskedTime {
            range: self.range.as_deref(),
            from: self.from,
            to: self.to,
        }
    }
}
