//! NovelAI as the fake stands in for it.

use std::sync::Arc;

use potluck_fakes::FakeServer;
use potluck_filters::egress::EgressSettings;
use potluck_filters::judge::{CoolDownSettings, JudgeTable};
use potluck_filters::model::{Bodies, HttpVersion, Kind, Node, Opened, Role, Timeouts, Upstream};
use potluck_filters::pool::Policy;
use potluck_filters::queue::QueueSettings;

use super::PATIENCE;

pub(in crate::job::tests) fn upstream(server: &FakeServer) -> Upstream {
    let node = |name: &str, role, url: &str| Node {
        name: name.into(),
        role,
        base: url.parse().unwrap(),
        http: HttpVersion::Auto,
    };
    Upstream {
        name: "novelai".into(),
        kind: Kind::Novelai,
        nodes: vec![
            node("text", Role::Text, "https://text.invalid"),
            node("image", Role::Image, &server.url()),
        ],
        keyed: true,
        policy: Policy::RoundRobin,
        opened: Opened::Stateless,
        asks_usage: false,
        min_credit: 0,
        credit: None,
        queue: QueueSettings::default(),
        egress: EgressSettings::default(),
        key_concurrency: 1,
        attempts: 3,
        timeouts: Timeouts {
            connect: PATIENCE,
            write: PATIENCE,
            first_byte: PATIENCE,
            idle: PATIENCE,
            total: PATIENCE,
            websocket: PATIENCE,
        },
        bodies: Bodies { replay: 1, max: 1 },
        ca_pem: server.ca_pem.as_deref().map(Arc::from),
        health: potluck_filters::health::HealthSettings::default(),
        private_networks: Arc::default(),
        judge: JudgeTable::for_kind(Kind::Novelai),
        cool_downs: CoolDownSettings::default(),
        drain: 0,
    }
}
