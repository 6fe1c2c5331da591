//! The sections that hold for the whole process. Each field's first line says what it is; defaults
//! stand once, in the `Default` of each section.

use std::path::PathBuf;

use potluck_admin::AuthSettings;
use potluck_filters::model::Network;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::{Address, DatabaseUrl, Listener, Period, Size};

/// The public listener: where clients send their requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Address and port of the public listener. Loopback by default: put a TLS terminator in front
    /// before you open it to a network.
    pub address: Address,
    /// Whether clients may speak HTTP/2 in plaintext with prior knowledge (h2c), beside HTTP/1.1.
    pub http2: bool,
    /// Whether the API answers here, too, under `/manage`, to those who show who they are; and whether `/` leads
    /// there where no route has it.
    pub manage: bool,
}

/// How the running relay is managed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// The Unix socket through which `potluck keys`, `pool`, `status` and so on reach a running relay.
    /// Whoever may open it is an operator; it is made for its owner only. Default: `control.sock` in
    /// the data folder.
    pub socket: Option<PathBuf>,
    /// Address and port of the API, for people who log in and for programs that send a token, or `off`.
    /// Plaintext: put a TLS terminator in front before you open it to a network.
    pub listen: Listener,
    /// Further names under which that API may be called, as they stand in `Host`. `localhost`, loopback
    /// addresses and the address itself are always allowed; other names are refused, because a page in a
    /// browser could give itself one that leads here.
    pub hosts: Vec<String>,
    /// Addresses and networks of reverse proxies before that API, like `10.0.0.0/8`. Only what these say in
    /// `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` counts: whose address a caller has, and whether
    /// they came over TLS. `TRUST_PROXY_HEADERS=true` needs this list, and `false` empties it.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<Network>,
    /// Where clients reach this relay from outside, such as `https://relay.example.org`: what pages and snippets
    /// tell people to enter. Its host is let in like those of `hosts`, and with `https://` the cookies of browsers are
    /// `Secure`, also where no proxy says that they came over TLS. Default: none is told.
    pub public_base_url: Option<String>,
    /// Calls of the API that one caller may make in a minute: a user, the operator's token, or an address of which
    /// nobody is known. Further ones are answered with 429 and `Retry-After`. The control socket is not bounded.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub requests_per_minute: u32,
}

/// Where users, client keys and sealed pool keys are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// A `sqlite:` or `postgres://` URL. Default: the SQLite file `potluck.db` in the data folder.
    pub url: Option<DatabaseUrl>,
}

/// This edge, the process that relays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Edge {
    /// Its name, as every answer carries it in `x-potluck-edge`: letters, digits, `-`, `_` and `.`.
    /// Default: `potluck`.
    pub name: Option<String>,
    /// How long an upstream's list of models is answered from memory before it is asked for again, behind the
    /// answer. Only where the relay answers `/models` itself: see [model-routing.md](model-routing.md).
    pub models_refresh: Period,
    /// Whether an upstream's answer tells in a `Server-Timing` header what the relay itself took of its time, the
    /// queue and the upstream.
    pub server_timing: bool,
}

/// Bounds on what clients may ask of this process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest request head, request line and all headers together. At most 1MiB.
    pub header_bytes: Size,
    /// Most headers of a request.
    #[schemars(range(min = 8, max = 256))]
    pub header_count: u16,
    /// How long a connection without a request is kept open.
    pub keep_alive: Period,
    /// Longest wait for the next part of a request's body.
    pub read_timeout: Period,
    /// Longest wait for a client to take the next part of an answer.
    pub write_timeout: Period,
    /// Slowest pace, in bytes per second, at which a client may take an answer. 0B allows any.
    pub min_send_rate: Size,
    /// Memory for request bodies that are kept for another attempt, over all requests.
    pub body_memory: Size,
    /// One user may take at most one part in so many of `body_memory`.
    #[schemars(range(min = 1, max = 1024))]
    pub body_shares: u16,
    /// Longest wait for a place in `body_memory`; then the request is refused with 503.
    pub body_wait: Period,
}

/// What is written to standard error, and into files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Text for people, or one JSON object a line for programs.
    #[schemars(extend("enum" = ["text", "json"]))]
    #[schemars(with = "String")]
    pub format: LogFormat,
    /// The least important lines that are still written.
    #[schemars(extend("enum" = ["error", "warn", "info", "debug", "trace"]))]
    #[schemars(with = "String")]
    pub level: LogLevel,
    /// Whether each request gets a line when it ends.
    pub access: bool,
    /// A folder such as `logs`, in which the same lines are kept in files beside standard error: `potluck.log`, and
    /// full ones under the time of their end. It is made where it is missing. Default: none.
    pub folder: Option<PathBuf>,
    /// Largest file; then another is begun. From 64KiB on.
    pub file_size: Size,
    /// Longest time for which one file is written; then another is begun.
    pub file_age: Period,
    /// Full files that are kept; older ones are removed.
    #[schemars(range(min = 0, max = 10_000))]
    pub files: u16,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The importance of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What needs a person.
    Error,
    /// What may soon need one.
    Warn,
    /// What changed.
    Info,
    /// What was decided, and why.
    Debug,
    /// Everything.
    Trace,
}

/// Seconds.
const DAY: u64 = 24 * 60 * 60;

/// How people log in, and how guessing is slowed down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Failed look-ups of client keys a minute from one address (IPv6: one /64) before further failures
    /// are answered with 429. A valid key always passes.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub failures_per_minute: u32,
    /// Requests a minute from one address (IPv6: one /64) on routes that ask for no client key; further
    /// ones are answered with 429. Abuse control, not a promise: addresses that hash alike count together.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub anonymous_per_minute: u32,
    /// Logins a minute that one address (IPv6: one /64) may try; further ones are answered with 429. Also set by
    /// `AUTH_LOGIN_RATE_LIMIT_PER_MINUTE`.
    #[schemars(range(min = 1, max = 10_000))]
    pub login_per_minute: u32,
    /// Failed logins of one account after which it is locked, whoever tries; and each time again, for twice as
    /// long. Sessions go on. Also set by `AUTH_LOGIN_LOCKOUT_THRESHOLD`.
    #[schemars(range(min = 1, max = 10_000))]
    pub login_lockout_threshold: u32,
    /// How long the first lock of an account lasts, in minutes. Also set by `AUTH_LOGIN_LOCKOUT_MINUTES`.
    #[schemars(range(min = 1, max = 1440))]
    pub login_lockout_minutes: u32,
    /// Accounts a minute that one address may try to register, or to set a new password of. Also set by
    /// `AUTH_REGISTER_RATE_LIMIT_PER_MINUTE`.
    #[schemars(range(min = 1, max = 10_000))]
    pub register_per_minute: u32,
    /// Characters of the shortest password. Also set by `AUTH_PASSWORD_MIN_LENGTH`.
    #[schemars(range(min = 8, max = 128))]
    pub password_min_length: u16,
    /// How long an access token holds; then the session is refreshed. At most 1h.
    pub access_token: Period,
    /// How long a session holds that nobody uses. At most 400d.
    pub session: Period,
    /// How long a key signs access tokens before it is rotated.
    pub signing_key: Period,
    /// What hashing a password costs. Passwords are hashed anew at the next login when it has changed.
    pub argon2: Argon2,
}

/// Parameters of argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Argon2 {
    /// Memory of one hash. At most two are made at a time. From 8MiB to 1GiB.
    pub memory: Size,
    /// How often the memory is gone over.
    #[schemars(range(min = 1, max = 16))]
    pub passes: u32,
    /// Parts of the memory that could be computed side by side.
    #[schemars(range(min = 1, max = 16))]
    pub lanes: u32,
}

impl Default for Argon2 {
    fn default() -> Self {
        Self {
            memory: Size::mib(19),
            passes: 2,
            lanes: 1,
        }
    }
}

impl Auth {
    /// As the control plane takes it.
    #[must_use]
    pub fn settings(&self) -> AuthSettings {
        let ms = |period: Period| i64::try_from(period.0.as_millis()).unwrap_or(i64::MAX);
        AuthSettings {
            argon2: potluck_admin::Argon2 {
                memory_kib: u32::try_from(self.argon2.memory.0 >> 10).unwrap_or(u32::MAX),
                passes: self.argon2.passes,
                lanes: self.argon2.lanes,
            },
            password_min_length: usize::from(self.password_min_length),
            access_ms: ms(self.access_token),
            session_ms: ms(self.session),
            signing_ms: ms(self.signing_key),
            logins_per_minute: self.login_per_minute,
            registers_per_minute: self.register_per_minute,
            lockout_after: self.login_lockout_threshold,
            lockout_ms: i64::from(self.login_lockout_minutes) * 60_000,
        }
    }
}

/// What a monitoring system is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port at which `GET /metrics` answers in the OpenMetrics form, or `off`. No password, and
    /// nothing secret: names of upstreams and nodes, and counts. Loopback by default.
    pub listen: Listener,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            listen: Listener::At(([127, 0, 0, 1], 5004).into()),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            address: Address(([127, 0, 0, 1], 5002).into()),
            http2: true,
            manage: true,
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            socket: None,
            listen: Listener::At(([127, 0, 0, 1], 5003).into()),
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            public_base_url: None,
            requests_per_minute: potluck_admin::control::CALLS_PER_MINUTE,
        }
    }
}

impl Default for Edge {
    fn default() -> Self {
        Self {
            name: None,
            models_refresh: Period::seconds(300),
            server_timing: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: Size::kib(64),
            header_count: 100,
            keep_alive: Period::seconds(75),
            read_timeout: Period::seconds(30),
            write_timeout: Period::seconds(30),
            min_send_rate: Size::kib(1),
            body_memory: Size::mib(512),
            body_shares: 8,
            body_wait: Period::seconds(5),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: LogLevel::Info,
            access: true,
            folder: None,
            file_size: Size::mib(64),
            file_age: Period::seconds(DAY),
            files: 14,
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            failures_per_minute: 30,
            anonymous_per_minute: 60,
            login_per_minute: 20,
            login_lockout_threshold: 10,
            login_lockout_minutes: 10,
            register_per_minute: 10,
            password_min_length: 12,
            access_token: Period::seconds(15 * 60),
            session: Period::seconds(30 * DAY),
            signing_key: Period::seconds(30 * DAY),
            argon2: Argon2::default(),
        }
    }
}
