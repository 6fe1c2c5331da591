//! Who is told of findings: added, edited, removed, tried out.
//!
//! Invariants: neither URL nor secret is ever shown again; a secret is not used for another host than the one that it
//! was given for.

use potluck_filters::alert::Wish;
use potluck_filters::finding::{Kind, Severity};
use potluck_filters::id::Revision;
use potluck_filters::model::Hours;
use potluck_filters::secret::Secret;
use potluck_store::secret_text;
use potluck_store::table::alerts::{AlertEvent, AlertSecret, AlertTargetRow, DeliveryRow, DeliveryState};

use super::{Control, fields};
use crate::api::{
    self, AddAlertTarget, AddedAlertTarget, AlertDelivery, AlertTarget, AlertTested, EditAlertTarget, Page,
    SecretText,
};
use crate::audit::{Act, Note, Object, ObjectKind};
use crate::caller::By;
use crate::error::ControlError;
use crate::input::IfMatch;
use crate::sight::alerts;
use crate::sight::post::{Untaken, Webhook};

const NOUN: &str = "alert target";
/// Each is asked for each finding.
const MOST: usize = 50;

impl Control {
    /// Everybody who is told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alert_targets(&self) -> Result<Page<AlertTarget>, ControlError> {
        let rows = self.store.alert_targets().await?;
        Ok(Page {
            items: rows.into_iter().map(Into::into).collect(),
            next: None,
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn alert_target(&self, id: i64) -> Result<AlertTarget, ControlError> {
        Ok(found(self.store.alert_targets().await?, id)?.into())
    }

    /// Adds one.
    ///
    /// # Errors
    /// When its name is taken, or a field cannot be what it is.
    pub async fn add_alert_target(
        &self,
        by: &By,
        new: AddAlertTarget,
    ) -> Result<AddedAlertTarget, ControlError> {
        let hook = hook(&new.url.0, new.allow_private)?;
        let secret = match new.secret {
            Some(secret) => fitting(secret.0)?,
            None => secret_text::Kind::Webhook.fresh()?,
        };
        let mut turn = self.turn(by).await?;
        if turn.change.alert_targets().await?.len() >= MOST {
            return Err(ControlError::TooMany("alert targets", MOST as u64));
        }
        let row = AlertTargetRow {
            id: 0,
            name: fields::name("name", &new.name)?,
            place: hook.place(),
            key_id: String::new(),
            wish: Wish {
                kinds: kinds(new.kinds)?,
                min_severity: new.min_severity.unwrap_or(Severity::Warning),
                quiet: new.quiet.map(quiet).transpose()?,
            },
            allow_private: new.allow_private,
            enabled: new.enabled.unwrap_or(true),
            created_at: turn.now_ms,
            revision: Revision::default(),
        };
        let sealed = AlertSecret {
            url: new.url.0,
            secret: secret.clone(),
        };
        let row = turn.change.add_alert_target(&row, &sealed).await?;
        let target = AlertTarget::from(row);
        let note = Note::new(Act::AlertTargetAdded, object(&target)).is(&target);
        turn.end(note).await?;
        Ok(AddedAlertTarget {
            secret: SecretText(secret),
            target,
        })
    }

    /// Edits one.
    ///
    /// # Errors
    /// When there is none, its new name is taken, or a field cannot be what it is.
    pub async fn edit_alert_target(
        &self,
        by: &By,
        id: i64,
        expected: IfMatch,
        edit: EditAlertTarget,
    ) -> Result<AlertTarget, ControlError> {
        let old = self.store.alert_secret(id).await?;
        let old = old.ok_or(ControlError::NotFound(NOUN))?;
        let mut turn = self.turn(by).await?;
        let mut row = found(turn.change.alert_targets().await?, id)?;
        expected.fits(row.revision)?;
        let before = AlertTarget::from(row.clone());
        row.allow_private = edit.allow_private.unwrap_or(row.allow_private);
        let has_secret = edit.secret.is_some();
        let rewritten = edit.url.is_some() || has_secret;
        let secret = AlertSecret {
            url: edit.url.map_or(old.url, |url| url.0),
            secret: edit.secret.map_or(Ok(old.secret), |secret| fitting(secret.0))?,
        };
        let place = hook(&secret.url, row.allow_private)?.place();
        if place != row.place && !has_secret {
            let why = "was given for another host; give it again";
            return Err(ControlError::invalid("secret", why));
        }
        row.place = place;
        if let Some(name) = &edit.name {
            row.name = fields::name("name", name)?;
        }
        if let Some(wanted) = edit.kinds {
            row.wish.kinds = kinds(wanted)?;
        }
        row.wish.min_severity = edit.min_severity.unwrap_or(row.wish.min_severity);
        if let Some(hours) = edit.quiet {
            row.wish.quiet = hours.map(quiet).transpose()?;
        }
        row.enabled = edit.enabled.unwrap_or(row.enabled);
        let saved = turn
            .change
            .save_alert_target(&row, rewritten.then_some(&secret))
            .await?;
        let target = AlertTarget::from(saved);
        let note = Note::new(Act::AlertTargetEdited, object(&target));
        turn.end(note.was(&before).is(&target)).await?;
        Ok(target)
    }

    /// Removes one, and says what it was.
    ///
    /// # Errors
    /// When there is none.
    pub async fn remove_alert_target(&self, by: &By, id: i64) -> Result<AlertTarget, ControlError> {
        let mut turn = self.turn(by).await?;
        let target = AlertTarget::from(found(turn.change.alert_targets().await?, id)?);
        turn.change.remove_alert_target(id).await?;
        let note = Note::new(Act::AlertTargetRemoved, object(&target)).was(&target);
        turn.end(note).await?;
        self.store.forget_deleted().await?;
        Ok(target)
    }

    /// Sends one a message now, and says what came of it.
    ///
    /// # Errors
    /// When there is none.
    pub async fn test_alert_target(&self, id: i64) -> Result<AlertTested, ControlError> {
        self.alert_target(id).await?;
        let now = self.now_ms();
        let test = DeliveryRow {
            id: 0,
            target: id,
            finding: None,
            event: AlertEvent::Test,
            body: alerts::body(AlertEvent::Test, None, now),
            created_at: now,
            state: DeliveryState::Waiting,
            attempts: 0,
            next_at: None,
            last_at: None,
            status: None,
            error: None,
        };
        let sent = alerts::send(self, &test, now).await?;
        Ok(AlertTested {
            delivered: sent.is_ok(),
            status: sent.as_ref().map_or_else(Untaken::status, |status| Some(*status)),
            error: sent.err().map(|why| why.to_string()),
        })
    }

    /// What one was told, the newest first.
    ///
    /// # Errors
    /// When there is none.
    pub async fn alert_deliveries(
        &self,
        id: i64,
        page: api::PageBackQuery,
    ) -> Result<Page<AlertDelivery>, ControlError> {
        self.alert_target(id).await?;
        let limit = page.limit();
        let rows = self.store.alert_deliveries(id, page.after, limit).await?;
        Ok(Page::of(rows, limit, |one: &AlertDelivery| one.id))
    }
}

fn found(rows: Vec<AlertTargetRow>, id: i64) -> Result<AlertTargetRow, ControlError> {
    let row = rows.into_iter().find(|row| row.id == id);
    row.ok_or(ControlError::NotFound(NOUN))
}

fn object(target: &AlertTarget) -> Object {
    Object::new(ObjectKind::AlertTarget, target.id, target.name.clone())
}

fn hook(url: &Secret, allow_private: bool) -> Result<Webhook, ControlError> {
    Webhook::parse(url.expose().trim(), allow_private)
        .map_err(|why| ControlError::invalid("url", why.to_string()))
}

fn fitting(secret: Secret) -> Result<Secret, ControlError> {
    let fits = (16..=256).contains(&secret.expose().len());
    let why = || ControlError::invalid("secret", "must be 16 to 256 characters");
    fits.then_some(secret).ok_or_else(why)
}

fn kinds(kinds: Option<Vec<Kind>>) -> Result<Option<Vec<Kind>>, ControlError> {
    let Some(mut kinds) = kinds else { return Ok(None) };
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        let why = "must name one kind at least, or be null for all";
        return Err(ControlError::invalid("kinds", why));
    }
    Ok(Some(kinds))
}

fn quiet(hours: api::Hours) -> Result<Hours, ControlError> {
    let between = Hours::between(hours.from, hours.to).filter(|hours| !hours.is_always());
    let why = || ControlError::invalid("quiet", "must be from one hour to another, 0 to 24");
    between.map(|quiet| quiet.in_zone(hours.zone)).ok_or_else(why)
}
