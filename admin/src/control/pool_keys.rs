//! Pool keys.

use potluck_filters::id::{PoolKeyId, UserId};
use potluck_filters::model::PoolKeyState;
use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::{Added, PoolKeyRow, Terms};

use super::{Control, Turn, fields};
use crate::api::{
    AddPoolKey, EditPoolKey, ImportPoolKeys, Imported, LineResult, Page, PageQuery, PoolKey, PoolSwitch,
    SecretText, WhatBecame,
};
use crate::error::ControlError;

const NOUN: &str = "pool key";

impl Control {
    /// A page of pool keys.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pool_keys(&self, page: PageQuery) -> Result<Page<PoolKey>, ControlError> {
        let rows = self.store.pool_keys(PoolKeyId(page.after), page.limit()).await?;
        Ok(Page::of(rows, page.limit(), |key: &PoolKey| key.id.0))
    }

    /// One pool key.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn pool_key(&self, id: PoolKeyId) -> Result<PoolKey, ControlError> {
        self.store
            .pool_key(id)
            .await?
            .map(Into::into)
            .ok_or(ControlError::NotFound(NOUN))
    }

    /// Adds a pool key.
    ///
    /// # Errors
    /// When the credential cannot be one or is there already, or a field cannot be what it is.
    pub async fn add_pool_key(&self, new: AddPoolKey) -> Result<PoolKey, ControlError> {
        let credential = trimmed(&new.credential);
        let asked = Asked {
            upstream: new.upstream,
            label: new.label,
            origins: new.origins,
            concurrency: new.concurrency,
        };
        let mut turn = self.turn().await?;
        let terms = turn.terms(asked, new.contributor).await?;
        let added = turn
            .change
            .add_pool_keys(&terms, &[credential], turn.now_ms)
            .await?;
        let id = match added.first() {
            Some(Added::Added(id)) => *id,
            Some(Added::Duplicate) => return Err(ControlError::Exists(NOUN)),
            Some(Added::Invalid(why)) => return Err(ControlError::invalid("credential", why.to_string())),
            None => return Err(ControlError::NotFound(NOUN)),
        };
        turn.end().await?;
        self.pool_key(id).await
    }

    /// Adds many pool keys as one change, and says what became of each line.
    ///
    /// # Errors
    /// When a field cannot be what it is; then none was added. A bad line is no error of the import.
    pub async fn import_pool_keys(&self, import: ImportPoolKeys) -> Result<Imported, ControlError> {
        let (numbers, credentials) = credentials(&import.lines);
        let asked = Asked {
            upstream: import.upstream,
            label: import.label,
            origins: import.origins,
            concurrency: import.concurrency,
        };
        let mut turn = self.turn().await?;
        let terms = turn.terms(asked, import.contributor).await?;
        let added = turn
            .change
            .add_pool_keys(&terms, &credentials, turn.now_ms)
            .await?;
        let imported = told(&numbers, &added);
        if imported.added > 0 {
            turn.end().await?;
        }
        Ok(imported)
    }

    /// Edits a pool key.
    ///
    /// # Errors
    /// When there is none, it is withdrawn, or a field cannot be what it is.
    pub async fn edit_pool_key(&self, id: PoolKeyId, edit: EditPoolKey) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn().await?;
        let mut row = turn.usable_pool_key(id).await?;
        apply(&mut row, edit)?;
        let saved = turn.change.save_pool_key(&row).await?;
        turn.end().await?;
        Ok(saved.into())
    }

    /// Withdraws a pool key for ever. One that is withdrawn already stays so.
    ///
    /// # Errors
    /// When there is none with this id.
    pub async fn withdraw_pool_key(&self, id: PoolKeyId) -> Result<PoolKey, ControlError> {
        let mut turn = self.turn().await?;
        match turn.usable_pool_key(id).await {
            Err(ControlError::Final(_)) => return self.pool_key(id).await,
            other => other?,
        };
        let row = turn.change.withdraw_pool_key(id, turn.now_ms).await?;
        turn.end().await?;
        // The edge has let go of it already; the file's own remains are the last to go.
        self.store.forget_deleted().await?;
        Ok(row.into())
    }
}

/// The terms as they were sent.
struct Asked {
    upstream: String,
    label: String,
    origins: Option<Vec<String>>,
    concurrency: Option<u32>,
}

impl Turn<'_> {
    async fn terms(&mut self, asked: Asked, contributor: Option<UserId>) -> Result<Terms, ControlError> {
        let upstreams = self.control.upstreams();
        Ok(Terms {
            origins: fields::origins(&upstreams, &asked.upstream, asked.origins)?,
            label: fields::label("label", &asked.label)?,
            upstream: asked.upstream,
            concurrency: asked.concurrency,
            contributor: self.owner(contributor, "contributor").await?,
        })
    }

    async fn usable_pool_key(&mut self, id: PoolKeyId) -> Result<PoolKeyRow, ControlError> {
        let row = self
            .change
            .pool_key(id)
            .await?
            .ok_or(ControlError::NotFound(NOUN))?;
        match row.state {
            PoolKeyState::Active | PoolKeyState::Paused => Ok(row),
            PoolKeyState::Withdrawn => Err(ControlError::Final(NOUN)),
        }
    }
}

fn apply(row: &mut PoolKeyRow, edit: EditPoolKey) -> Result<(), ControlError> {
    if let Some(label) = edit.label {
        row.label = fields::label("label", &label)?;
    }
    if let Some(state) = edit.state {
        row.state = match state {
            PoolSwitch::Active => PoolKeyState::Active,
            PoolSwitch::Paused => PoolKeyState::Paused,
        };
    }
    if let Some(most) = edit.concurrency {
        row.concurrency = most;
    }
    Ok(())
}

/// Without the blanks and line ends that come with pasting.
fn trimmed(text: &SecretText) -> Secret {
    Secret::new(text.0.expose().trim())
}

/// The lines that hold a credential, with their numbers from 1.
fn credentials(lines: &[SecretText]) -> (Vec<usize>, Vec<Secret>) {
    let lines = lines.iter().map(trimmed).zip(1..);
    let held = lines.filter(|(text, _)| !text.expose().is_empty() && !text.expose().starts_with('#'));
    held.map(|(text, number)| (number, text)).unzip()
}

fn told(numbers: &[usize], added: &[Added]) -> Imported {
    let count = |kind: fn(&Added) -> bool| added.iter().filter(|one| kind(one)).count();
    let line = |(line, one): (&usize, &Added)| LineResult {
        line: *line,
        result: became(*one),
    };
    Imported {
        added: count(|one| matches!(one, Added::Added(_))),
        duplicate: count(|one| matches!(one, Added::Duplicate)),
        invalid: count(|one| matches!(one, Added::Invalid(_))),
        lines: numbers.iter().zip(added).map(line).collect(),
    }
}

fn became(added: Added) -> WhatBecame {
    match added {
        Added::Added(id) => WhatBecame::Added { id },
        Added::Duplicate => WhatBecame::Duplicate,
        Added::Invalid(why) => WhatBecame::Invalid { why: why.to_string() },
    }
}
