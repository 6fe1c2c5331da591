//! Findings: listed, and taken note of.

use potluck_store::table::findings::{Acknowledgement, FindingFilter};
use serde::Serialize;

use super::{Control, fields};
use crate::api::{Acknowledge, Finding, FindingQuery, FindingState, Findings};
use crate::audit::{Act, Note, Object, ObjectKind, Shown};
use crate::caller::By;
use crate::error::ControlError;

const NOUN: &str = "finding";

/// What somebody said of a finding.
#[derive(Serialize)]
struct Said<'a> {
    cause: &'a str,
    note: Option<&'a str>,
    until: Option<i64>,
}

impl Shown for Said<'_> {}

impl Control {
    /// A page of findings.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn findings(&self, query: &FindingQuery) -> Result<Findings, ControlError> {
        let filter = FindingFilter {
            open: match query.state.unwrap_or_default() {
                FindingState::Open => Some(true),
                FindingState::Resolved => Some(false),
                FindingState::All => None,
            },
            kind: query.kind,
            before: query.after,
        };
        let limit = query.limit();
        let rows = self.store.findings(&filter, limit).await?;
        let full = rows.len() >= limit as usize;
        let items: Vec<Finding> = rows.into_iter().map(Into::into).collect();
        Ok(Findings {
            checked_at: self.store.last_watched().await?,
            next: items.last().filter(|_| full).map(|finding| finding.id),
            items,
        })
    }

    /// One finding.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn finding(&self, id: i64) -> Result<Finding, ControlError> {
        let row = self.store.finding(id).await?;
        Ok(row.ok_or(ControlError::NotFound(NOUN))?.into())
    }

    /// Takes note of a finding. Of one that is over there is nothing to take note of any more.
    ///
    /// # Errors
    /// When there is none with this id, it is over, or a field cannot be what it is.
    pub async fn acknowledge_finding(
        &self,
        by: &By,
        id: i64,
        said: Acknowledge,
    ) -> Result<Finding, ControlError> {
        let note = said.note.as_deref().map(|text| fields::label("note", text));
        let note = note.transpose()?.filter(|text| !text.is_empty());
        let finding = self.finding(id).await?;
        let mut turn = self.turn(by).await?;
        if said.until.is_some_and(|until| until <= turn.now_ms) {
            return Err(ControlError::invalid("until", "must be in the future"));
        }
        let acknowledgement = Acknowledgement {
            at: turn.now_ms,
            by: by.user(),
            until: said.until,
            note,
        };
        if !turn.change.acknowledge_finding(id, &acknowledgement).await? {
            return Err(ControlError::Final(NOUN));
        }
        let name = format!("{}:{}", finding.kind.as_str(), finding.subject);
        let said = Said {
            cause: &finding.cause,
            note: acknowledgement.note.as_deref(),
            until: acknowledgement.until,
        };
        let object = Object::new(ObjectKind::Finding, id, name);
        turn.end(Note::new(Act::FindingAcknowledged, object).is(&said))
            .await?;
        self.finding(id).await
    }
}
