//! Invitations: leave to register, for so many people and so long.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;

use super::{Cell, meta};
use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

/// An invitation with everything that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Row id.
    pub id: i64,
    /// The last four characters of its text.
    pub hint: String,
    /// Whom it is for, in an admin's words.
    pub note: String,
    /// The admin who made it; `None` for the operator.
    pub created_by: Option<UserId>,
    /// How many may register with it.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// Unix time in milliseconds.
    pub expires_at: i64,
    /// When it was taken back, in Unix time in milliseconds.
    pub revoked_at: Option<i64>,
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// How it is found.
    pub hash: KeyHash,
    /// The last four characters of its text.
    pub hint: String,
    /// Whom it is for, in an admin's words.
    pub note: String,
    /// The admin who makes it; `None` for the operator.
    pub created_by: Option<UserId>,
    /// How many may register with it, at least 1.
    pub uses: u32,
    /// Unix time in milliseconds.
    pub expires_at: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    hint: String,
    note: String,
    created_by: Option<i64>,
    uses: i64,
    used: i64,
    created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "id, hint, note, created_by, uses, used, created_at, expires_at, revoked_at"
    };
}

impl Row {
    fn read(self) -> Result<InvitationRow, StoreError> {
        let cell = |column| Cell {
            table: "invitations",
            id: self.id,
            column,
        };
        Ok(InvitationRow {
            uses: u32::try_from(self.uses).map_err(|_| cell("uses").unreadable())?,
            used: u32::try_from(self.used).map_err(|_| cell("used").unreadable())?,
            id: self.id,
            hint: self.hint,
            note: self.note,
            created_by: self.created_by.map(UserId),
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        })
    }
}

impl Store {
    /// Invitations with an id above `after`, by id, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitations(&self, after: i64, limit: u32) -> Result<Vec<InvitationRow>, StoreError> {
        let query = concat!(
            "select ",
            columns!(),
            " from invitations where id > $1 order by id limit $2"
        );
        let rows: Vec<Row> = sqlx::query_as(query)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

impl Change<'_> {
    /// Makes an invitation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_invitation(
        &mut self,
        new: &NewInvitation,
        now_ms: i64,
    ) -> Result<InvitationRow, StoreError> {
        let id = meta::reserve_ids(&mut self.tx, 1).await?;
        let query = concat!(
            "insert into invitations (id, hash, hint, note, created_by, uses, used, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, 0, $7, $8) returning ",
            columns!()
        );
        let row: Row = sqlx::query_as(query)
            .bind(id)
            .bind(new.hash.0.as_slice())
            .bind(new.hint.as_str())
            .bind(new.note.as_str())
            .bind(new.created_by.map(|user| user.0))
            .bind(i64::from(new.uses))
            .bind(now_ms)
            .bind(new.expires_at)
            .fetch_one(&mut *self.tx)
            .await?;
        row.read()
    }

    /// Uses an invitation once. `None` where there is none that may still be used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_invitation(&mut self, hash: KeyHash, now_ms: i64) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "update invitations set used = used + 1 \
             where hash = $1 and used < uses and expires_at > $2 and revoked_at is null returning id",
        )
        .bind(hash.0.as_slice())
        .bind(now_ms)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// Takes an invitation back. One that was taken back stays so. `None` where there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_invitation(
        &mut self,
        id: i64,
        now_ms: i64,
    ) -> Result<Option<InvitationRow>, StoreError> {
        let query = concat!(
            "update invitations set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ",
            columns!()
        );
        let row: Option<Row> = sqlx::query_as(query)
            .bind(id)
            .bind(now_ms)
            .fetch_optional(&mut *self.tx)
            .await?;
        row.map(Row::read).transpose()
    }
}
