//! The end of an attempt, as far as it can be known before a byte goes to the client.

use serde::{Deserialize, Serialize};

/// How far an attempt came before it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// No way out through the outbound proxy.
    Proxy,
    /// No connection yet: name, TCP or TLS.
    Connect,
    /// Connected, and the request's body not completely sent.
    Send,
    /// The request is sent, and no head of an answer has come.
    FirstByte,
    /// The head has come, and the answer's body broke off.
    Body,
}

/// The end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// The upstream answered.
    Answer {
        /// HTTP status.
        status: u16,
        /// `Content-Type`, where one was sent.
        content_type: Option<&'a str>,
        /// The first bytes of the body (4 KiB are plenty), decoded from any `Content-Encoding`; may
        /// be empty where [`super::JudgeTable::needs_body`] says that nobody looks.
        body: &'a [u8],
    },
    /// No answer, or half of one.
    Failed {
        /// How far it came.
        stage: Stage,
        /// Whether a time-out of this relay ended it.
        timed_out: bool,
        /// Whether the connection had carried earlier requests.
        reused_connection: bool,
    },
}
