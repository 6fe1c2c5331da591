//! A NovelAI upstream with keys that need nothing but themselves, built by hand.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::egress::EgressSettings;
use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::judge::{CoolDownSettings, JudgeTable};
use potluck_filters::model::{
    Account, Bodies, Caps, HttpVersion, Kind, Node, Opened, PoolCredential, PoolKey, Role, Timeouts, Upstream,
};
use potluck_filters::pool::Policy;
use potluck_filters::queue::QueueSettings;
use potluck_filters::secret::Secret;

const SPAN: Duration = Duration::from_secs(30);

/// An upstream with one node that does one generation at a time on each key.
pub(crate) fn upstream(
    policy: Policy,
    queue: QueueSettings,
) -> Result<Arc<Upstream>, Box<dyn std::error::Error>> {
    let node = Node {
        name: "image".into(),
        role: Role::Any,
        base: "https://image.example".parse().map_err(|e| format!("{e:?}"))?,
        http: HttpVersion::Auto,
    };
    Ok(Arc::new(Upstream {
        name: "novelai".into(),
        kind: Kind::Novelai,
        nodes: vec![node],
        keyed: true,
        policy,
        opened: Opened::Stateless,
        asks_usage: false,
        min_credit: 0,
        credit: None,
        queue,
        egress: EgressSettings::default(),
        key_concurrency: 1,
        attempts: 3,
        timeouts: Timeouts {
            connect: SPAN,
            write: SPAN,
            first_byte: SPAN,
            idle: SPAN,
            total: SPAN,
            websocket: SPAN,
        },
        bodies: Bodies { replay: 1, max: 1 },
        ca_pem: None,
        health: potluck_filters::health::HealthSettings::default(),
        private_networks: Arc::default(),
        judge: JudgeTable::for_kind(Kind::Novelai),
        cool_downs: CoolDownSettings::default(),
        drain: 0,
    }))
}

/// A key whose account has so many Anlas.
pub(crate) fn key(id: i64, anlas: u32) -> Result<Arc<PoolKey>, Box<dyn std::error::Error>> {
    Ok(Arc::new(PoolKey {
        id: PoolKeyId(id),
        upstream: "novelai".into(),
        contributor: UserId(1),
        operator_owned: false,
        concurrency: None,
        origins: Arc::from(["image.example:443".into()]),
        credential: PoolCredential::bearer(&Secret::new(format!("pst-{id}")))?,
        account: Some(Account {
            tier: 3,
            active: true,
            anlas,
            battery: None,
            battery_negative: false,
            expires_at: None,
            checked_at: 0,
        }),
        credit: None,
        egress: None,
        caps: Caps::default(),
    }))
}
