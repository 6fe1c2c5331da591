//! One look at one account: a probe, with a login before it where there is no token that works.
//!
//! Invariants: a token that works is not thrown away for a login that failed; a login is tried once with each
//! spelling of the user name, and only `201` with a token that says when it ends is one.

use std::sync::Arc;
use std::time::Duration;

use potluck_filters::credit::CreditTerms;
use potluck_filters::id::PoolKeyId;
use potluck_filters::login::{self, LOGIN_PATH, Session};
use potluck_filters::model::{Node, PoolKeyState};
use potluck_filters::probe::{
    Found, INFORMATION_PATH, Lesson, Reader, Refusal, SUBSCRIPTION_PATH, read_address,
};
use potluck_filters::secret::Secret;
use potluck_store::{Credential, ProbeTarget};

use super::ask::{Answer, Site};
use super::place::Question;
use super::ways::Leave;

/// What one visit needs.
pub(super) struct Visit {
    pub(super) target: ProbeTarget,
    pub(super) site: Arc<Site>,
    /// Where to ask; `None` where the key is bound to no node in use.
    pub(super) node: Option<Node>,
    /// By which way its questions leave.
    pub(super) leave: Leave,
    pub(super) question: Question,
    pub(super) reader: Arc<Reader>,
    pub(super) now: fn() -> i64,
    /// How often keys that are well are probed now.
    pub(super) interval: Duration,
    /// Whether the account's e-mail address is wanted, too.
    pub(super) wants_address: bool,
    /// Whether a login may be tried: not soon after one was refused.
    pub(super) may_log_in: bool,
}

/// What a visit found.
pub(super) struct Visited {
    pub(super) id: PoolKeyId,
    pub(super) upstream: String,
    /// How the key was when the visit began.
    pub(super) state: PoolKeyState,
    pub(super) streak: u32,
    pub(super) interval: Duration,
    pub(super) found: Found,
    /// Whether the account's e-mail address was told, or is known not to be.
    pub(super) address_settled: bool,
    /// What tells the account from others, where it is known.
    pub(super) account_id: Option<String>,
    /// A new token, with the session that it stands for.
    pub(super) token: Option<(Secret, Session)>,
    /// When the token that is in use wants to be renewed, in Unix time in milliseconds.
    pub(super) renew_at: Option<i64>,
    /// What a login that was tried and failed said.
    pub(super) failed_login: Option<Found>,
}

impl Visited {
    /// Whether the upstream turned a login away without a word on the password.
    pub(super) fn was_turned_away(&self) -> bool {
        match self.failed_login {
            Some(Found::Nothing(lesson)) => match lesson {
                Lesson::Busy | Lesson::Unreadable | Lesson::TokenNotAllowed | Lesson::Egress => true,
                Lesson::WrongHost | Lesson::Upstream | Lesson::NotBound => false,
            },
            Some(Found::Well(_) | Found::Credit(_) | Found::NoCredit | Found::Refused(_)) | None => false,
        }
    }
}

impl Visit {
    pub(super) async fn run(self) -> Visited {
        let mut visited = Visited {
            id: self.target.id,
            upstream: self.target.upstream.clone(),
            state: self.target.state,
            streak: self.target.probe_streak,
            interval: self.interval,
            found: Found::Nothing(Lesson::NotBound),
            address_settled: false,
            account_id: None,
            token: None,
            renew_at: None,
            failed_login: None,
        };
        match (&self.node, &self.target.credential) {
            (None, _) => {}
            (Some(node), Credential::Token(token)) => match &self.question {
                Question::Account => self.with_token(node, token, &mut visited).await,
                Question::Credit(terms) => visited.found = self.credit(node, token, terms).await,
            },
            (
                Some(node),
                Credential::Login {
                    username,
                    password,
                    token,
                },
            ) => {
                let token = token.as_ref().map(|(token, expires_at)| (token, *expires_at));
                let login = (username.as_str(), password);
                self.with_login(node, login, token, &mut visited).await;
                // Its token came from this address, now or earlier.
                let works = matches!(visited.found, Found::Well(_)) || visited.token.is_some();
                visited.account_id = works.then(|| username.trim().to_lowercase());
            }
        }
        visited
    }

    /// What is left behind a token. What is used from the moment of asking on is not in the answer.
    async fn credit(&self, node: &Node, token: &Secret, terms: &CreditTerms) -> Found {
        let asked_at = (self.now)();
        let answer = self.site.get(node, &terms.path, token, &self.leave).await;
        let found = terms.read(&answer.end(), asked_at);
        self.site.note(&answer, &found, &self.leave);
        found
    }

    async fn with_token(&self, node: &Node, token: &Secret, visited: &mut Visited) {
        visited.found = self.probe(node, token).await;
        if !self.wants_address || !matches!(visited.found, Found::Well(_)) {
            return;
        }
        match self.address(node, token).await {
            Some(address) => {
                visited.account_id = address;
                visited.address_settled = true;
            }
            // Perhaps it is out of service because it is another key's account.
            None if self.target.state == PoolKeyState::Invalid => {
                visited.found = Found::Nothing(Lesson::Upstream);
            }
            None => {}
        }
    }

    /// The account's e-mail address, if it is told; `None` where the upstream could not say.
    async fn address(&self, node: &Node, token: &Secret) -> Option<Option<String>> {
        match self.site.get(node, INFORMATION_PATH, token, &self.leave).await {
            Answer::Came {
                status: 200, body, ..
            } => Some(read_address(&body)),
            Answer::Came {
                status: 400..=407, ..
            } => Some(None),
            Answer::Came { .. } | Answer::Failed { .. } => None,
        }
    }

    async fn with_login(
        &self,
        node: &Node,
        login: (&str, &Secret),
        token: Option<(&Secret, i64)>,
        visited: &mut Visited,
    ) {
        let now = (self.now)();
        let current = token
            .filter(|(_, expires_at)| *expires_at > now)
            .map(|(token, _)| token);
        visited.renew_at = current.and_then(|token| self.renewal(token));
        if let Some(token) = current {
            visited.found = self.probe(node, token).await;
        }
        let works = current.is_some() && visited.found != Found::Refused(Refusal::Unauthorized);
        let is_old = visited.renew_at.is_none_or(|at| at <= now);
        if works && !is_old {
            return;
        }
        if !self.may_log_in {
            if !works {
                visited.found = Found::Refused(Refusal::LoginRefused);
            }
            return;
        }
        match self.log_in(node, login).await {
            Ok((token, session)) => {
                visited.found = self.probe(node, &token).await;
                visited.renew_at = Some(session.renewal_at(self.share()));
                visited.token = Some((token, session));
            }
            Err(why) => {
                visited.failed_login = Some(why);
                if !works {
                    visited.found = why;
                }
            }
        }
    }

    async fn probe(&self, node: &Node, token: &Secret) -> Found {
        let answer = self.site.get(node, SUBSCRIPTION_PATH, token, &self.leave).await;
        let found = self.reader.read(&answer.end(), (self.now)());
        self.site.note(&answer, &found, &self.leave);
        found
    }

    async fn log_in(
        &self,
        node: &Node,
        (username, password): (&str, &Secret),
    ) -> Result<(Secret, Session), Found> {
        let mut last = Found::Nothing(Lesson::Unreadable);
        for spelling in login::spellings(username) {
            let key = access_key(spelling, password.clone()).await?;
            let answer = self.site.log_in(node, LOGIN_PATH, &key, &self.leave).await;
            if let Answer::Came {
                status: 201, body, ..
            } = &answer
            {
                return login::read_answer(body).ok_or(Found::Nothing(Lesson::Unreadable));
            }
            last = self.refusal(&answer);
            self.site.note(&answer, &last, &self.leave);
            if last != Found::Refused(Refusal::LoginRefused) {
                break;
            }
        }
        Err(last)
    }

    /// What an answer other than 201 says.
    fn refusal(&self, answer: &Answer) -> Found {
        if let Answer::Failed { .. } = answer {
            // Nobody has turned it away, so it need not wait as long as if somebody had.
            return Found::Nothing(Lesson::Upstream);
        }
        match self.reader.read(&answer.end(), 0) {
            Found::Refused(_) => Found::Refused(Refusal::LoginRefused),
            Found::Nothing(lesson) => Found::Nothing(lesson),
            Found::Well(_) | Found::Credit(_) | Found::NoCredit => Found::Nothing(Lesson::Unreadable),
        }
    }

    fn renewal(&self, token: &Secret) -> Option<i64> {
        login::read_session(token.expose()).map(|session| session.renewal_at(self.share()))
    }

    /// Where in the span for renewals this key is: always the same, and spread over all keys.
    fn share(&self) -> f64 {
        const KEYS: i64 = 97;
        let place = self.target.id.0.wrapping_mul(41).rem_euclid(KEYS);
        i32::try_from(place).map_or(0.5, |place| f64::from(place) / 97.0)
    }
}

/// Derived on a thread where waiting for a CPU holds nobody up.
async fn access_key(spelling: String, password: Secret) -> Result<Secret, Found> {
    let derived = tokio::task::spawn_blocking(move || login::access_key(&spelling, &password)).await;
    match derived {
        Ok(Ok(key)) => Ok(key),
        Ok(Err(error)) => {
            tracing::warn!(%error, "no login");
            Err(Found::Nothing(Lesson::Unreadable))
        }
        Err(_ended) => Err(Found::Nothing(Lesson::Unreadable)),
    }
}
