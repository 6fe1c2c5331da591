//! How it is known who asks, apart from where it is kept: plain functions and small machines over values.
//!
//! 1. `password`: hashing and comparing, never too many at once.
//! 2. `attempts`: how often an address or an account may try.
//! 3. `jwt`: access tokens, signed by `hs256`; `totp`: second factors; `cookies`: what a browser holds.
//! 4. `forwarded`: whose address a call came from, where proxies stand before the relay.
//!
//! Invariant: no clock and no chance of its own; what is secret is compared in constant time.

mod attempts;
mod cookies;
pub(crate) mod forwarded;
mod hs256;
mod jwt;
mod password;
mod settings;
mod totp;

pub(crate) use attempts::{Attempts, Try};
pub(crate) use cookies::{Cookies, Held};
pub(crate) use jwt::{Access, Keys, Refused as BadToken};
pub(crate) use password::{Match, Passwords};
pub use settings::{Argon2, AuthSettings};
pub(crate) use totp::Totp;
