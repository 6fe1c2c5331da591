//! Telling of findings: what is to be sent goes into the finding's own transaction, and the postman sends it.
//!
//! Invariants: a finding whose change was committed is told of, however long its receiver is away (for a day), and none
//! other is; only one process that shares a database sends.

use std::sync::Arc;

use futures_util::future::join_all;
use potluck_filters::alert::again;
use potluck_store::table::alerts::{AlertEvent, AlertTargetRow, DeliveryRow, DeliveryState, NewDelivery};
use potluck_store::{Change, Lead, StoreError};
use serde::Serialize;
use serde_json::Value;

use super::post::{Message, Untaken, Webhook};
use crate::api::Finding;
use crate::control::Control;

/// Messages that are tried at once.
const AT_ONCE: u32 = 8;

/// What a message says.
#[derive(Serialize)]
struct Body<'b> {
    event: AlertEvent,
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<&'b Finding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<Value>,
}

/// The text of a message.
pub(crate) fn body(event: AlertEvent, finding: Option<&Finding>, at: i64) -> String {
    let messages = Vec::new();
    let body = Body {
        event,
        at,
        finding,
        messages,
    };
    // Numbers, texts and JSON always serialise.
    serde_json::to_string(&body).unwrap_or_default()
}

/// Puts what those are to be told who want it, as part of the change that a finding is new, worse or over by.
pub(super) async fn tell(
    change: &mut Change<'_>,
    targets: &[AlertTargetRow],
    event: AlertEvent,
    finding: &Finding,
    now: i64,
) -> Result<(), StoreError> {
    let told = match event {
        AlertEvent::Resolved => change.told_of_finding(finding.id).await?,
        AlertEvent::Opened | AlertEvent::Digest | AlertEvent::Test => Vec::new(),
    };
    for target in targets.iter().filter(|target| target.enabled) {
        let wanted = match event {
            AlertEvent::Resolved => told.contains(&target.id),
            AlertEvent::Opened | AlertEvent::Digest | AlertEvent::Test => {
                target.wish.wants(finding.kind, finding.severity)
            }
        };
        if wanted {
            let new = NewDelivery {
                target: target.id,
                finding: Some(finding.id),
                event,
                body: body(event, Some(finding), now),
                held: target.wish.holds(finding.severity, now),
            };
            change.post_alert(&new, now).await?;
        }
    }
    Ok(())
}

/// Sends what is due.
pub(crate) struct Postman {
    control: Arc<Control>,
    now: fn() -> i64,
    chance: fn() -> f64,
    lead: Option<Lead>,
    failing: bool,
}

impl Postman {
    pub(crate) fn new(control: Arc<Control>, now: fn() -> i64, chance: fn() -> f64) -> Self {
        Self {
            control,
            now,
            chance,
            lead: None,
            failing: false,
        }
    }

    /// Makes one round.
    pub(crate) async fn go_round(&mut self) {
        let tried = self.tried().await;
        let failed_before = std::mem::replace(&mut self.failing, tried.is_err());
        if let (Err(error), false) = (&tried, failed_before) {
            tracing::error!(%error, "alerts cannot be sent");
        }
    }

    async fn tried(&mut self) -> Result<(), StoreError> {
        let holds = match &mut self.lead {
            Some(lead) => lead.holds().await,
            None => false,
        };
        if !holds {
            self.lead = self.control.store().lead_of("alerts").await?;
        }
        if self.lead.is_none() {
            return Ok(());
        }
        let (store, now) = (self.control.store(), (self.now)());
        for target in store.alert_targets().await? {
            let quiet = target.wish.is_quiet(now);
            let held = if quiet {
                Vec::new()
            } else {
                store.held_alerts(target.id).await?
            };
            if !held.is_empty() {
                store
                    .digest_alerts(target.id, &held, &digest(&held, now), now)
                    .await?;
            }
        }
        let due = store.due_alerts(now, AT_ONCE).await?;
        let (control, clock) = (Arc::clone(&self.control), self.now);
        let due: Vec<_> = due.into_iter().map(|row| (row, (self.chance)())).collect();
        let tries = due
            .into_iter()
            .map(|(row, chance)| try_one(&control, row, clock, chance));
        for tried in join_all(tries).await {
            store.save_alert_try(&tried?).await?;
        }
        Ok(())
    }
}

async fn try_one(
    control: &Control,
    row: DeliveryRow,
    clock: fn() -> i64,
    chance: f64,
) -> Result<DeliveryRow, StoreError> {
    let sent = send(control, &row, clock()).await?;
    let now = clock();
    let attempts = row.attempts.saturating_add(1);
    let (state, next_at) = match &sent {
        Ok(_) => (DeliveryState::Delivered, None),
        Err(_) => match again(attempts, row.created_at, now, chance) {
            Some(next) => (DeliveryState::Waiting, Some(next)),
            None => (DeliveryState::Failed, None),
        },
    };
    if let Err(why) = &sent {
        tracing::warn!(target_id = row.target, delivery = row.id, %why, "an alert was not taken");
    }
    Ok(DeliveryRow {
        state,
        attempts,
        next_at,
        last_at: Some(now),
        status: sent.as_ref().map_or_else(Untaken::status, |status| Some(*status)),
        error: sent.err().map(|why| why.to_string()),
        ..row
    })
}

/// Sends one message now.
pub(crate) async fn send(
    control: &Control,
    row: &DeliveryRow,
    now: i64,
) -> Result<Result<u16, Untaken>, StoreError> {
    let store = control.store();
    let targets = store.alert_targets().await?;
    let target = targets.iter().find(|target| target.id == row.target);
    let secret = store.alert_secret(row.target).await?;
    let (Some(target), Some(secret)) = (target, secret) else {
        return Ok(Err(Untaken::Unknown));
    };
    let hook = match Webhook::parse(secret.url.expose(), target.allow_private) {
        Ok(hook) => hook,
        Err(why) => return Ok(Err(why)),
    };
    let message = Message {
        event: row.event.as_str(),
        id: row.id,
        body: &row.body,
        at: now.div_euclid(1000),
    };
    Ok(hook.send(&message, &secret.secret).await)
}

fn digest(held: &[DeliveryRow], at: i64) -> String {
    let said = |row: &DeliveryRow| serde_json::from_str(&row.body).ok();
    let body = Body {
        event: AlertEvent::Digest,
        at,
        finding: None,
        messages: held.iter().filter_map(said).collect(),
    };
    serde_json::to_string(&body).unwrap_or_default()
}
