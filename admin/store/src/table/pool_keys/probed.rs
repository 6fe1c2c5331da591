//! Writing what probes and logins found out.
//!
//! Invariant: what people did in the meantime stands: a paused or withdrawn key is not touched. The row's
//! revision changes only with what an edge needs, so that a quiet round of probes pushes nothing.

use potluck_filters::id::{PoolKeyId, Revision};
use potluck_filters::model::{Account, Credit, PoolKeyState};
use potluck_filters::secret::Secret;
use potluck_filters::spending::day_of;
use sqlx::AnyConnection;

use super::{account, cell, credential, credit, origins, parse_state, state_text};
use crate::change::Change;
use crate::error::StoreError;
use crate::seal::context::Context;
use crate::store::Store;

/// What a probe found out.
#[derive(Clone, Debug)]
pub struct Probed {
    /// How the key is now.
    pub state: PoolKeyState,
    /// Why, in a stable word, where there is something to say.
    pub reason: Option<&'static str>,
    /// What its account is like; `None` keeps what was known.
    pub account: Option<Account>,
    /// What is left behind the key.
    pub credit: Told,
    /// The id that the upstream gives its account, where known; only a fingerprint of it is kept.
    pub account_id: Option<String>,
    /// Probes in a row that came to nothing.
    pub probe_streak: u32,
    /// When to probe next, in milliseconds since the Unix epoch.
    pub next_probe_at: Option<i64>,
    /// When that was found, in milliseconds since the Unix epoch.
    pub at: i64,
}

/// What a probe was told of what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing: what was known stays.
    #[default]
    Nothing,
    /// This much.
    Left(Credit),
    /// That nobody is told. When that was asked, in milliseconds since the Unix epoch.
    Nobody(i64),
}

/// What became of a probe's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedProbe {
    /// They are written.
    Saved,
    /// Nothing was written: the other key is of the same account.
    SameAccountAs(PoolKeyId),
    /// Nothing was written: the key was paused or withdrawn in the meantime.
    Gone,
}

#[derive(sqlx::FromRow)]
struct Before {
    upstream: String,
    origins: String,
    kind: String,
    state: String,
    account: Option<String>,
    account_print: Option<Vec<u8>>,
    credit: Option<i64>,
    credit_used: Option<i64>,
    credit_at: Option<i64>,
    revision: i64,
    /// Whether Anlas were booked since the last probe.
    spent: i64,
    /// Whether requests were.
    served: i64,
}

impl Before {
    async fn read(
        connection: &mut AnyConnection,
        id: PoolKeyId,
        since: i64,
    ) -> Result<Option<Self>, StoreError> {
        let row = sqlx::query_as(
            "select upstream, origins, kind, state, account, account_print, credit, credit_used, credit_at, revision, \
             case when exists (select 1 from spent_days s where s.day >= $2 and s.kind = 'pool_key' \
             and s.id = pool_keys.id and s.anlas > 0) then 1 else 0 end as spent, \
             case when exists (select 1 from spent_days s where s.day >= $2 and s.kind = 'pool_key' \
             and s.id = pool_keys.id and s.requests > 0) then 1 else 0 end as served \
             from pool_keys where id = $1 and state in ('pending', 'healthy', 'invalid')",
        )
        .bind(id.0)
        .bind(since)
        .fetch_optional(connection)
        .await?;
        Ok(row)
    }

    /// Whether an edge has to hear of it. An edge takes off a balance what it spends, by estimate; so after that a
    /// measured balance is news even where it is the same.
    fn is_changed_by(&self, id: PoolKeyId, probed: &Probed) -> Result<bool, StoreError> {
        let state = parse_state(&self.state).ok_or_else(|| cell(id.0, "state").unreadable())?;
        let known = account(id.0, self.account.as_deref())?;
        let told = probed.account.is_some()
            && (self.spent != 0 || known.map(figures) != probed.account.map(figures));
        Ok(state != probed.state || told || self.is_richer_or_poorer(id, &probed.credit)?)
    }

    /// Whether an edge has to hear of what is left: by much more or less than it was told last, or where it took
    /// something off by itself.
    fn is_richer_or_poorer(&self, id: PoolKeyId, told: &Told) -> Result<bool, StoreError> {
        let known = self.credit(id)?;
        Ok(match (told, known) {
            (Told::Nothing, _) | (Told::Nobody(_), None) => false,
            (Told::Left(_), None) | (Told::Nobody(_), Some(_)) => true,
            (Told::Left(now), Some(known)) => self.served != 0 || now.is_far_from(&known),
        })
    }

    fn credit(&self, id: PoolKeyId) -> Result<Option<Credit>, StoreError> {
        credit(id.0, (self.credit, self.credit_used, self.credit_at))
    }
}

/// What decides about eligibility: not when it was asked, and not how full a battery is that is not overdrawn.
fn figures(account: Account) -> Account {
    Account {
        checked_at: 0,
        battery: None,
        ..account
    }
}

/// The first day whose bookings a probe at that time may not have seen.
fn since(probed: &Probed) -> i64 {
    let asked = match probed.credit {
        Told::Left(credit) => Some(credit.asked_at),
        Told::Nothing | Told::Nobody(_) => None,
    };
    let checked = probed.account.map(|account| account.checked_at).or(asked);
    checked.map_or(i64::MAX, |at| day_of(at) - 1)
}

/// Balance, what was ever used, and when that was asked.
type Columns = (Option<i64>, Option<i64>, Option<i64>);

/// The columns of what is left. Where no edge hears of it, the balance stays that which edges have.
fn columns(id: PoolKeyId, before: &Before, told: Told, quiet: bool) -> Result<Columns, StoreError> {
    let number = |number| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(match (told, before.credit(id)?) {
        (Told::Nothing, _) => (before.credit, before.credit_used, before.credit_at),
        (Told::Nobody(at), _) => (None, None, Some(at)),
        (Told::Left(now), Some(_)) if quiet => (before.credit, before.credit_used, Some(now.asked_at)),
        (Told::Left(now), _) => (
            Some(number(now.balance)),
            now.used.map(number),
            Some(now.asked_at),
        ),
    })
}

/// The tier as limits count it: without a running subscription there is none.
fn counted_tier(account: &Account) -> u8 {
    if account.active { account.tier } else { 0 }
}

async fn write(
    connection: &mut AnyConnection,
    id: PoolKeyId,
    before: &Before,
    probed: &Probed,
    print: Option<&[u8]>,
    revision: i64,
) -> Result<bool, StoreError> {
    let account = probed.account.as_ref();
    let account = account
        .map(|account| cell(id.0, "account").json_text(account))
        .transpose()?;
    let (credit, credit_used, credit_at) = columns(id, before, probed.credit, revision == before.revision)?;
    let done = sqlx::query(
        "update pool_keys set state = $2, state_reason = $3, account = coalesce($4, account), \
         account_print = coalesce($5, account_print), probe_streak = $6, next_probe_at = $7, revision = $8, \
         credit = $11, credit_used = $12, credit_at = $13, tier = coalesce($14, tier), \
         state_since = case when state = $2 then state_since else $15 end where id = $1 and state = $9 and revision = $10",
    )
    .bind(id.0)
    .bind(state_text(probed.state))
    .bind(probed.reason)
    .bind(account)
    .bind(print.map(<[u8]>::to_vec))
    .bind(i64::from(probed.probe_streak))
    .bind(probed.next_probe_at)
    .bind(revision)
    .bind(before.state.as_str())
    .bind(before.revision)
    .bind(credit)
    .bind(credit_used)
    .bind(credit_at)
    .bind(probed.account.map(|account| i64::from(counted_tier(&account))))
    .bind(probed.at)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

impl Store {
    /// Writes what a probe found out, if an edge need not hear of it. `false`: nothing was written, make a
    /// [`Change`] of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_quiet_probe(&self, id: PoolKeyId, probed: &Probed) -> Result<bool, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let Some(before) = Before::read(&mut connection, id, since(probed)).await? else {
            return Ok(false);
        };
        let print = self.account_print(&before, probed);
        if print.is_some() && print != before.account_print || before.is_changed_by(id, probed)? {
            return Ok(false);
        }
        write(&mut connection, id, &before, probed, None, before.revision).await
    }

    /// Puts a probe off without more to say: nothing was learned.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn defer_probe(&self, id: PoolKeyId, at: i64, streak: u32) -> Result<(), StoreError> {
        sqlx::query(
            "update pool_keys set next_probe_at = $2, probe_streak = $3 \
             where id = $1 and state in ('pending', 'healthy', 'invalid')",
        )
        .bind(id.0)
        .bind(at)
        .bind(i64::from(streak))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    fn account_print(&self, before: &Before, probed: &Probed) -> Option<Vec<u8>> {
        let account_id = probed.account_id.as_deref()?;
        Some(self.fingerprints.account(&before.upstream, account_id).to_vec())
    }
}

impl Change<'_> {
    /// Writes what a probe found out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_probe(&mut self, id: PoolKeyId, probed: &Probed) -> Result<SavedProbe, StoreError> {
        let Some(before) = Before::read(&mut self.tx, id, since(probed)).await? else {
            return Ok(SavedProbe::Gone);
        };
        let print = self.store.account_print(&before, probed);
        if let Some(print) = &print
            && let Some(other) = self.key_of_account(id, &before.upstream, print).await?
        {
            return Ok(SavedProbe::SameAccountAs(other));
        }
        let Revision(revision) = if before.is_changed_by(id, probed)? {
            self.revision
        } else {
            Revision(before.revision)
        };
        let written = write(&mut self.tx, id, &before, probed, print.as_deref(), revision).await?;
        Ok(if written {
            SavedProbe::Saved
        } else {
            SavedProbe::Gone
        })
    }

    async fn key_of_account(
        &mut self,
        id: PoolKeyId,
        upstream: &str,
        print: &[u8],
    ) -> Result<Option<PoolKeyId>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "select id from pool_keys where upstream = $1 and account_print = $2 and id <> $3",
        )
        .bind(upstream.to_owned())
        .bind(print.to_vec())
        .bind(id.0)
        .fetch_optional(&mut *self.tx)
        .await?;
        Ok(row.map(|(id,)| PoolKeyId(id)))
    }

    /// Keeps the token that a login got. From now on it is what the key is served with.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such login, or it was paused or withdrawn in the meantime.
    pub async fn save_token(
        &mut self,
        id: PoolKeyId,
        token: &Secret,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let before = Before::read(&mut self.tx, id, i64::MAX).await?;
        let before = before
            .filter(|row| row.kind == "login")
            .ok_or(StoreError::Missing("login"))?;
        let place = Context::PoolKeyToken {
            id: id.0,
            upstream: &before.upstream,
            origins: &origins(id.0, &before.origins)?,
        };
        let sealed = credential::seal(&self.store.ring, &place, token.expose().as_bytes())?;
        sqlx::query(
            "update pool_keys set token_sealed = $2, token_expires_at = $3, revision = $4 where id = $1",
        )
        .bind(id.0)
        .bind(sealed)
        .bind(expires_at)
        .bind(self.revision.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Says when to probe a pool key next. No edge hears of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn schedule_probe(&mut self, id: PoolKeyId, at: i64) -> Result<(), StoreError> {
        sqlx::query(
            "update pool_keys set next_probe_at = $2 where id = $1 and state in ('pending', 'healthy', 'invalid')",
        )
        .bind(id.0)
        .bind(at)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
