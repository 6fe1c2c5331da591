//! Sessions and their refresh tokens.
//!
//! Invariant: a refresh token is rotated at most once; a session ends with all its tokens. None of it is served by an
//! edge, so it is written without a revision.

use potluck_filters::id::UserId;
use potluck_filters::model::KeyHash;
use sqlx::{AnyConnection, Executor};

use super::meta;
use crate::change::Change;
use crate::error::{StoreError, is_dangling};
use crate::store::Store;

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// Row id; part of its access tokens.
    pub id: i64,
    /// Whose it is.
    #[sqlx(try_from = "i64")]
    pub user_id: Owner,
    /// 1 where a browser holds it in cookies.
    pub cookies: i64,
    /// The program that logged in, in its own words.
    pub agent: Option<String>,
    /// Where it logged in from.
    pub address: Option<String>,
    /// Unix time in milliseconds.
    pub created_at: i64,
    /// When it was refreshed last, in Unix time in milliseconds.
    pub used_at: i64,
    /// When it ends unless it is refreshed, in Unix time in milliseconds.
    pub expires_at: i64,
}

/// A user's id in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner(pub UserId);

impl From<i64> for Owner {
    fn from(id: i64) -> Self {
        Self(UserId(id))
    }
}

impl SessionRow {
    /// Whose it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user_id.0
    }
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Whose it is.
    pub user: UserId,
    /// Whether a browser holds it in cookies.
    pub cookies: bool,
    /// The program that logs in, in its own words.
    pub agent: Option<&'a str>,
    /// Where it logs in from.
    pub address: Option<&'a str>,
    /// Its first refresh token.
    pub refresh: KeyHash,
    /// Unix time in milliseconds.
    pub expires_at: i64,
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// It was the session's; the new one is.
    Rotated(SessionRow),
    /// It was rotated a moment ago: another tab was quicker. Nothing has changed.
    JustRotated(SessionRow),
    /// It was rotated long ago, so somebody has a copy. The session has ended.
    Reused {
        /// The session that was.
        session: i64,
        /// Whose it was.
        user: UserId,
    },
    /// It never was one, has expired, or its session has ended.
    Unknown,
}

/// A rotation under way.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// The token that was sent.
    pub old: KeyHash,
    /// The token that takes its place.
    pub new: KeyHash,
    /// Unix time in milliseconds.
    pub now_ms: i64,
    /// When the new one expires, in Unix time in milliseconds.
    pub expires_at: i64,
    /// For how long a rotated one may come again, in milliseconds.
    pub grace_ms: i64,
}

macro_rules! columns {
    () => {
        "id, user_id, cookies, agent, address, created_at, used_at, expires_at"
    };
}

async fn one(connection: &mut AnyConnection, id: i64) -> Result<Option<SessionRow>, StoreError> {
    let query = concat!("select ", columns!(), " from sessions where id = $1");
    Ok(sqlx::query_as(query).bind(id).fetch_optional(connection).await?)
}

async fn put_token(
    connection: &mut AnyConnection,
    hash: KeyHash,
    session: i64,
    expires_at: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into refresh_tokens (hash, session_id, expires_at, used_at) values ($1, $2, $3, null)",
    )
    .bind(hash.0.as_slice())
    .bind(session)
    .bind(expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a user's sessions: all but `except`, or the one with `only`.
async fn end(
    connection: &mut AnyConnection,
    user: UserId,
    (only, except): (i64, i64),
) -> Result<u64, StoreError> {
    let which = "user_id = $1 and ($2 = 0 or id = $2) and id <> $3";
    let tokens =
        format!("delete from refresh_tokens where session_id in (select id from sessions where {which})");
    let sessions = format!("delete from sessions where {which}");
    let mut ended = 0;
    for statement in [tokens, sessions] {
        let query = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(user.0)
            .bind(only)
            .bind(except);
        ended = query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(ended)
}

impl Store {
    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the user.
    pub async fn begin_session(&self, new: &NewSession<'_>, now_ms: i64) -> Result<SessionRow, StoreError> {
        let mut tx = self.pool.begin().await?;
        let id = meta::reserve_ids(&mut tx, 1).await?;
        let row = SessionRow {
            id,
            user_id: Owner(new.user),
            cookies: i64::from(new.cookies),
            agent: new.agent.map(str::to_owned),
            address: new.address.map(str::to_owned),
            created_at: now_ms,
            used_at: now_ms,
            expires_at: new.expires_at,
        };
        let insert = sqlx::query(concat!(
            "insert into sessions (",
            columns!(),
            ") values ($1, $2, $3, $4, $5, $6, $6, $7)"
        ));
        let insert = insert.bind(id).bind(new.user.0).bind(row.cookies);
        let insert = insert.bind(row.agent.clone()).bind(row.address.clone());
        let insert = insert.bind(now_ms).bind(new.expires_at);
        insert.execute(&mut *tx).await.map_err(|error| {
            if is_dangling(&error) {
                StoreError::Missing("user")
            } else {
                error.into()
            }
        })?;
        put_token(&mut tx, new.refresh, id, new.expires_at).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// A session by id, whether or not its time has passed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, id: i64) -> Result<Option<SessionRow>, StoreError> {
        one(&mut *self.pool.acquire().await?, id).await
    }

    /// A user's sessions, by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_of(&self, user: UserId, now_ms: i64) -> Result<Vec<SessionRow>, StoreError> {
        let query = concat!(
            "select ",
            columns!(),
            " from sessions where user_id = $1 and expires_at > $2 order by id"
        );
        Ok(sqlx::query_as(query)
            .bind(user.0)
            .bind(now_ms)
            .fetch_all(&self.pool)
            .await?)
    }

    /// Puts a new refresh token in the place of the one that was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_session(&self, rotation: &Rotation) -> Result<Refreshed, StoreError> {
        let mut tx = self.pool.begin().await?;
        // One statement decides who rotates it, so that of two at once only one does.
        let taken: Option<(i64,)> = sqlx::query_as(
            "update refresh_tokens set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 \
             returning session_id",
        )
        .bind(rotation.old.0.as_slice())
        .bind(rotation.now_ms)
        .fetch_optional(&mut *tx)
        .await?;
        let became = match taken {
            Some((session,)) => rotated(&mut tx, session, rotation).await?,
            None => came_again(&mut tx, rotation).await?,
        };
        tx.commit().await?;
        Ok(became)
    }

    /// Ends one of a user's sessions. Says whether there was one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, user: UserId, id: i64) -> Result<bool, StoreError> {
        let mut tx = self.pool.begin().await?;
        let ended = end(&mut tx, user, (id, 0)).await?;
        tx.commit().await?;
        Ok(ended > 0)
    }

    /// Ends the session that a refresh token belongs to, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session_of(&self, token: KeyHash) -> Result<(), StoreError> {
        let row: Option<(i64, i64)> = sqlx::query_as(
            "select s.id, s.user_id from sessions s join refresh_tokens r on r.session_id = s.id where r.hash = $1",
        )
        .bind(token.0.as_slice())
        .fetch_optional(&self.pool)
        .await?;
        if let Some((session, user)) = row {
            self.end_session(UserId(user), session).await?;
        }
        Ok(())
    }

    /// Forgets sessions and refresh tokens whose time has passed, and leave to set a password that nobody took.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_expired(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        for statement in [
            "delete from refresh_tokens where expires_at <= $1 \
             or session_id in (select id from sessions where expires_at <= $1)",
            "delete from sessions where expires_at <= $1",
            "delete from password_resets where expires_at <= $1",
        ] {
            tx.execute(sqlx::query(statement).bind(now_ms)).await?;
        }
        Ok(tx.commit().await?)
    }
}

impl Change<'_> {
    /// Ends all of a user's sessions but one; 0 leaves none. Says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_sessions(&mut self, user: UserId, except: i64) -> Result<u64, StoreError> {
        end(&mut self.tx, user, (0, except)).await
    }
}

async fn rotated(
    connection: &mut AnyConnection,
    session: i64,
    rotation: &Rotation,
) -> Result<Refreshed, StoreError> {
    put_token(connection, rotation.new, session, rotation.expires_at).await?;
    sqlx::query("update sessions set used_at = $2, expires_at = $3 where id = $1")
        .bind(session)
        .bind(rotation.now_ms)
        .bind(rotation.expires_at)
        .execute(&mut *connection)
        .await?;
    let row = one(connection, session).await?;
    Ok(row.map_or(Refreshed::Unknown, Refreshed::Rotated))
}

async fn came_again(connection: &mut AnyConnection, rotation: &Rotation) -> Result<Refreshed, StoreError> {
    let used: Option<(i64, Option<i64>)> =
        sqlx::query_as("select session_id, used_at from refresh_tokens where hash = $1 and expires_at > $2")
            .bind(rotation.old.0.as_slice())
            .bind(rotation.now_ms)
            .fetch_optional(&mut *connection)
            .await?;
    let Some((session, Some(used_at))) = used else {
        return Ok(Refreshed::Unknown);
    };
    let Some(row) = one(&mut *connection, session).await? else {
        return Ok(Refreshed::Unknown);
    };
    if rotation.now_ms - used_at <= rotation.grace_ms {
        return Ok(Refreshed::JustRotated(row));
    }
    end(connection, row.user(), (session, 0)).await?;
    Ok(Refreshed::Reused {
        session,
        user: row.user(),
    })
}
