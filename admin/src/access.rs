//! What a handler asks of its caller. The extractor is the rule: a handler takes [`Anyone`], [`Member`],
//! [`InPerson`] or [`Admin`] as an argument, and the published document says the same, because it is made from that argument.
//!
//! Invariant: a handler without one of them is in no released program: a test walks the document and refuses it.

pub mod area;
mod scope;

use std::marker::PhantomData;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use potluck_filters::id::UserId;
use potluck_store::table::users::UserRole;
use schemars::SchemaGenerator;

use crate::caller::{By, Caller, Proof, SignedIn};
use crate::doc::{Input, Operation};
use crate::error::ControlError;
pub use area::{Area, OfArea};
pub use scope::{Scope, Scopes};

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anyone,
    /// Whoever has an account, for what is theirs.
    Member(Scope),
    /// Whoever has an account and has logged in to it: no personal access token.
    InPerson(Scope),
    /// Admins, and the operator.
    Admin(Scope),
}

/// Everybody may call this. `None` is nobody known.
#[derive(Clone, Copy, Debug)]
pub struct Anyone(pub Option<By>);

/// A caller with an account, for what is theirs.
#[derive(Clone, Copy, Debug)]
pub struct Member<A> {
    by: By,
    user: UserId,
    area: PhantomData<A>,
}

/// A caller who has logged in, for what proves who they are: no personal access token may change that.
#[derive(Clone, Copy, Debug)]
pub struct InPerson<A> {
    member: Member<A>,
    session: i64,
}

/// An admin, or the operator.
#[derive(Clone, Copy, Debug)]
pub struct Admin<A> {
    by: By,
    area: PhantomData<A>,
}

impl<A> Member<A> {
    /// Whose things the call is about.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl<A> InPerson<A> {
    /// Whose things the call is about.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.member.user
    }

    /// The session that the call belongs to.
    #[must_use]
    pub fn session(&self) -> i64 {
        self.session
    }
}

impl<A> Deref for InPerson<A> {
    type Target = By;

    fn deref(&self) -> &By {
        &self.member.by
    }
}

impl<A> Deref for Member<A> {
    type Target = By;

    fn deref(&self) -> &By {
        &self.by
    }
}

impl<A> Deref for Admin<A> {
    type Target = By;

    fn deref(&self) -> &By {
        &self.by
    }
}

/// What a call needs: reading is what changes nothing.
fn needed<A: OfArea>(method: &Method) -> Scope {
    Scope {
        area: A::AREA,
        write: !matches!(*method, Method::GET | Method::HEAD),
    }
}

impl<S: Sync> FromRequestParts<S> for Anyone {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        Ok(Self(By::of(parts).ok()))
    }
}

impl<S: Sync, A: OfArea> FromRequestParts<S> for Member<A> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        let by = By::of(parts)?;
        let Caller::User(signed_in) = by.caller else {
            return Err(ControlError::NeedsUser);
        };
        within(signed_in.proof, needed::<A>(&parts.method))?;
        Ok(Self {
            by,
            user: signed_in.user,
            area: PhantomData,
        })
    }
}

impl<S: Sync, A: OfArea> FromRequestParts<S> for InPerson<A> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ControlError> {
        let member = Member::from_request_parts(parts, state).await?;
        match member.by.caller {
            Caller::User(SignedIn {
                proof: Proof::Session(session),
                ..
            }) => Ok(Self { member, session }),
            Caller::User(_) | Caller::Operator | Caller::Job(_) => Err(ControlError::NeedsSession),
        }
    }
}

impl<S: Sync, A: OfArea> FromRequestParts<S> for Admin<A> {
    type Rejection = ControlError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ControlError> {
        let by = By::of(parts)?;
        match by.caller {
            Caller::Operator | Caller::Job(_) => {}
            Caller::User(signed_in) => match signed_in.role {
                UserRole::User => return Err(ControlError::NeedsAdmin),
                UserRole::Admin => as_admin(signed_in.proof, needed::<A>(&parts.method))?,
            },
        }
        Ok(Self {
            by,
            area: PhantomData,
        })
    }
}

fn within(proof: Proof, scope: Scope) -> Result<(), ControlError> {
    match proof {
        Proof::Session(_) => Ok(()),
        Proof::Token { scopes, .. } if scopes.has(scope) => Ok(()),
        Proof::Token { .. } => Err(ControlError::NeedsScope(scope.to_string())),
    }
}

/// An admin's token speaks for a member, unless it was made to speak for an admin.
fn as_admin(proof: Proof, scope: Scope) -> Result<(), ControlError> {
    match proof {
        Proof::Session(_) => Ok(()),
        Proof::Token { scopes, .. } if !scopes.has_admin() => {
            Err(ControlError::NeedsScope(scope::ADMIN.to_owned()))
        }
        Proof::Token { .. } => within(proof, scope),
    }
}

impl Input for Anyone {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.access = Some(Access::Anyone);
    }
}

impl<A: OfArea> Input for Member<A> {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.access = Some(Access::Member(needed::<A>(&operation.method)));
    }
}

impl<A: OfArea> Input for InPerson<A> {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.access = Some(Access::InPerson(needed::<A>(&operation.method)));
    }
}

impl<A: OfArea> Input for Admin<A> {
    fn describe(operation: &mut Operation, _: &mut SchemaGenerator) {
        operation.access = Some(Access::Admin(needed::<A>(&operation.method)));
    }
}
