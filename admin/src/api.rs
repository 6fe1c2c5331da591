//! The types of `/manage/v1`: what is sent and what comes back.
//!
//! Times are milliseconds since the Unix epoch. An absent field of an edit stays as it is; `null` clears it.
//! Invariant: only [`SecretText`] carries a secret, and it is nowhere but in the bodies of these requests.

mod account;
mod alert;
mod audit;
mod bulk;
mod caps;
mod client_key;
mod credit;
mod effective;
mod event;
mod export;
mod finding;
mod history;
mod invitation;
mod job;
mod limit;
mod live_request;
mod mark;
mod my_key;
mod my_pool_key;
mod node;
mod outbound_proxy;
mod patch;
mod personal_token;
mod pool_key;
mod problem;
mod replay;
mod request;
mod route;
mod second_factor;
mod secret_text;
mod session;
mod settings;
mod standing;
mod status;
mod upstream;
mod usage;
mod usage_query;
mod user;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{Account, Spent};
pub use alert::{AddAlertTarget, AddedAlertTarget, AlertDelivery, AlertTarget, AlertTested, EditAlertTarget};
pub use audit::{
    AuditBroken, AuditEntry, AuditFormat, AuditHead, AuditQuery, AuditVerified, ExportAudit, VerifyAudit,
};
pub use bulk::{
    BulkClientKeys, BulkPoolKeys, BulkPreview, BulkUsers, ClientKeyFilter, ClientKeyQuery, ClientKeysAct,
    NotDone, PoolKeyFilter, PoolKeyQuery, PoolKeysAct, UsersAct, UsersFilter,
};
pub use caps::{Caps, EditCaps, Hours};
pub use client_key::{
    ClientKey, CreateClientKey, CreatedClientKey, EditClientKey, EffectiveLimit, FormerText, Switch,
};
pub use credit::{Credit, Source};
pub use effective::{Effective, EffectiveSetting, SecretSetting, SettingChange, SettingSource};
pub use event::ListenQuery;
pub use export::{Export, ExportedObject};
pub use finding::{Acknowledge, Acknowledged, Finding, FindingQuery, FindingState, Findings};
pub use history::{
    DoneBy, Histories, HistoriesQuery, History, HistoryPart, HistoryQuery, PoolKeyStrip, StateChange,
};
pub use invitation::{CreateInvitation, CreatedInvitation, Invitation, Register, Registered, Registration};
pub use job::{
    ImportJob, ImportLine, Job, JobAct, JobCounts, JobItem, JobItemQuery, JobItemState, JobKind, JobQuery,
    JobState, LineState,
};
pub use limit::{
    Affected, Allowance, EditLimitPolicy, EditUserLimit, EditWeights, Effects, LimitLine, LimitPolicy,
    LimitPreview, LimitRule, UserLimit, Weights, Window,
};
pub use live_request::{LiveRequest, MyLiveRequest, Stage, Waiting, WaitingLine};
pub use mark::{Mark, Marks, MarksQuery, PolicyAct};
pub use my_key::{CreateMyKey, EditMyKey, RotateKey};
pub use my_pool_key::{
    AddMyPoolKey, ContributionNotice, DaysQuery, EditMyPoolKey, ImportMyPoolKeys, MyPoolKey, MyUpstream,
    MyUpstreams, NoticeLanguage, NoticeQuery, Served, ServedDay,
};
pub use node::{AddNode, AllowHost, EditNode, Node, NodeGrant, NodeSource, NodeSwitch};
pub use outbound_proxy::{AddOutboundProxy, CheckedProxy, EditOutboundProxy, OutboundProxy, ProxyLogin};
pub use personal_token::{CreatePersonalToken, CreatedPersonalToken, PersonalToken};
pub(crate) use pool_key::Besides;
pub use pool_key::{
    AddPoolKey, CheckPoolKeys, Checked, EditPoolKey, ImportPoolKeys, Imported, LineResult, PoolKey,
    PoolSwitch, WhatBecame,
};
pub use potluck_store::table::pool_keys::CredentialKind;
pub use potluck_store::table::users::UserRole;
pub use problem::{FieldProblem, Problem};
pub use replay::{ProxyOuts, ReplayProxies, ReplayedProxies, ReplayedProxy};
pub use request::{
    FigureSource, MyRequest, NamedKey, Request, RequestDetails, RequestFigure, RequestPage, TraceFrom,
};
pub use route::{Route, RouteAccess, RouteBounds, RouteModels};
pub use second_factor::{
    AllowReset, BegunTotp, ChangePassword, PasswordResetLeave, RecoveryCodes, ResetPassword, WithCode,
    WithPassword, WithPasswordAndCode,
};
pub use secret_text::SecretText;
pub(crate) use secret_text::masking;
pub use session::{EndedSessions, LogIn, Refresh, Session, SessionTokens, Sessions, WhoAmI};
pub use settings::{EditSettings, Settings};
pub use standing::{Condition, HeldBy, Hold, HoldKind, Standing};
pub use status::{About, Books, Database, RouteFacts, Status, UsageSpool};
pub use upstream::{EditUpstream, NodeFacts, Upstream, UpstreamFacts};
pub(crate) use usage::makes_something;
pub use usage::{
    MyUsageGroups, PoolKeyUsage, PoolKeyUsageDay, RecentOfUpstream, RecentStep, RecentUsage, Usage, UsageBy,
    UsageClasses, UsageFigure, UsageGap, UsageGroup, UsageGroups, UsageMeasure, UsageOf, UsagePoint,
    UsageQuantiles, UsageStep, UsageSums, UsageTimed, UsageTimes, UsageTotal,
};
pub(crate) use usage_query::AskedTime;
pub use usage_query::{
    ExportMyRequests, ExportRequests, MyRequestsQuery, MyUsageByQuery, MyUsageQuery, RequestsFormat,
    RequestsQuery, UsageByQuery, UsageOfQuery, UsageQuery,
};
pub use user::{CreateUser, EditUser, User, UserQuery};

/// The most items of one page.
pub const MAX_PAGE: u32 = 1000;

/// Which part of a list: items with an id above `after`, at most `limit`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The id that the page before ended with; 0 or absent begins.
    #[serde(default)]
    pub after: i64,
    /// 1 to [`MAX_PAGE`]; 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl PageQuery {
    /// The limit within its bounds.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }
}

/// Which part of a list that begins with the newest: items with an id below `after`, at most `limit`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageBackQuery {
    /// The id that the page before ended with; absent begins with the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// 1 to [`MAX_PAGE`]; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl PageBackQuery {
    /// The limit within its bounds.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, MAX_PAGE)
    }
}

/// One page of a list, ordered by id.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What `after` must be for the next page; `null` at the end.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// Everything there is, which is never much.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of rows that were asked for with `limit`.
    pub(crate) fn of<R: Into<T>>(rows: Vec<R>, limit: u32, id: impl Fn(&T) -> i64) -> Self {
        let full = rows.len() >= limit as usize;
        let items: Vec<T> = rows.into_iter().map(Into::into).collect();
        let next = items.last().filter(|_| full).map(id);
        Self { items, next }
    }
}
