//! What the schema cannot say: rules over the meaning of values and over several settings.

use std::collections::BTreeMap;
use std::net::IpAddr;

use potluck_filters::address::judge;
use potluck_filters::model::{BaseUrl, Kind, Network, Role, Scheme};

use super::layout::authorities;
use super::path::Path;
use super::problem::Fault;
use super::scalar::Period;
use super::upstream::{Node, Upstream};
use super::{Auth, Config, Limits, Log, judge, model_routes, plugins, reach};

/// All faults of a configuration whose values have been read.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    process(config, &mut faults);
    limits(&config.limits, &mut faults);
    auth(&config.auth, &mut faults);
    config.probe.check(&mut faults);
    config.history.check(&mut faults);
    config.usage.check(&mut faults);
    config.traces.check(&mut faults);
    log(&config.log, &mut faults);
    for (name, upstream) in &config.upstreams {
        let path = Path::of("upstreams").key(name);
        self::upstream(name, upstream, &path, &mut faults);
        body_memory(upstream, &config.limits, &path, &mut faults);
    }
    routes(config, &mut faults);
    faults
}

/// The longest path that a Unix socket's address has room for (`sun_path`, with its closing NUL).
const SOCKET_PATH_BYTES: usize = 107;

fn process(config: &Config, faults: &mut Vec<Fault>) {
    let socket = config.socket_path();
    if socket.as_os_str().len() > SOCKET_PATH_BYTES {
        let message = format!(
            "the socket's path may have at most {SOCKET_PATH_BYTES} bytes: {}",
            socket.display()
        );
        faults.push(Fault::new(Path::of("admin.socket"), message));
    }
    for (at, host) in config.admin.hosts.iter().enumerate() {
        if let Some(why) = host_fault(host) {
            faults.push(Fault::new(Path::of("admin.hosts").index(at), why));
        }
    }
    if config
        .admin
        .public_base_url
        .as_deref()
        .is_some_and(|url| !is_base_url(url))
    {
        let message =
            "must be like https://relay.example.org, without a query and without a slash at the end";
        faults.push(Fault::new(Path::of("admin.public_base_url"), message));
    }
    let name = config.edge_name();
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() > 64 || !name.chars().all(usable) {
        let message = "may have up to 64 letters, digits, `-`, `_` and `.`";
        faults.push(Fault::new(Path::of("edge.name"), message));
    }
}

/// The head's bound in Pingora's parser; more is refused before this program sees it.
const PARSER_HEAD_BYTES: u64 = 1 << 20;

fn limits(limits: &Limits, faults: &mut Vec<Fault>) {
    let path = Path::of("limits");
    if !(1024..=PARSER_HEAD_BYTES).contains(&limits.header_bytes.0) {
        faults.push(Fault::new(path.key("header_bytes"), "must be from 1KiB to 1MiB"));
    }
    for (key, period) in [
        ("keep_alive", limits.keep_alive),
        ("read_timeout", limits.read_timeout),
        ("write_timeout", limits.write_timeout),
    ] {
        positive(path.key(key), period, faults);
    }
}

fn log(log: &Log, faults: &mut Vec<Fault>) {
    let path = Path::of("log");
    if log.file_size.0 < 64 << 10 {
        faults.push(Fault::new(path.key("file_size"), "must be 64KiB or more"));
    }
    positive(path.key("file_age"), log.file_age, faults);
}

fn auth(auth: &Auth, faults: &mut Vec<Fault>) {
    const MINUTE: u64 = 60;
    const DAY: u64 = 24 * 60 * MINUTE;
    let path = Path::of("auth");
    for (key, period, most, told) in [
        (
            "access_token",
            auth.access_token,
            60 * MINUTE,
            "must be from 1m to 1h",
        ),
        ("session", auth.session, 400 * DAY, "must be from 1m to 400d"),
        (
            "signing_key",
            auth.signing_key,
            400 * DAY,
            "must be from 1m to 400d",
        ),
    ] {
        if !(MINUTE..=most).contains(&period.0.as_secs()) {
            faults.push(Fault::new(path.key(key), told));
        }
    }
    if !(8 << 20..=1 << 30).contains(&auth.argon2.memory.0) {
        let path = path.key("argon2").key("memory");
        faults.push(Fault::new(path, "must be from 8MiB to 1GiB"));
    }
}

fn positive(path: Path, period: Period, faults: &mut Vec<Fault>) {
    if period.0.is_zero() {
        faults.push(Fault::new(path, "must be longer than zero"));
    }
}

fn upstream(name: &str, upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
    check_name(name, path.clone(), faults);
    if upstream.nodes.is_empty() {
        let message = "needs at least one node, here or in `nodes_from_env`";
        faults.push(Fault::new(path.key("nodes"), message));
    }
    if let Some(prefix) = &upstream.nodes_from_env {
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !prefix.chars().all(fits) || !prefix.starts_with(|c: char| c.is_ascii_uppercase()) {
            let message = "must be capital letters, digits and `_`, as variables are called";
            faults.push(Fault::new(path.key("nodes_from_env"), message));
        }
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, node) in upstream.nodes.iter().enumerate() {
        let path = path.key("nodes").index(at);
        if let Some(first) = seen.insert(&node.name, at) {
            let message = format!("`{}` is already the name of node {first}", node.name);
            faults.push(Fault::new(path.key("name"), message));
        }
        check_node(node, upstream, &path, faults);
    }
    if let Some(Err(why)) = upstream.ca_file.as_deref().map(authorities) {
        faults.push(Fault::new(path.key("ca_file"), why));
    }
    times(upstream, path, faults);
    upstream.credit.check(upstream, path, faults);
    upstream.health.check(&path.key("health"), faults);
    upstream.egress.check(&path.key("egress"), faults);
    judge::check(upstream, path, faults);
    reach::check(upstream, path, faults);
}

fn check_name(name: &str, path: Path, faults: &mut Vec<Fault>) {
    let letters = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let ends = name.starts_with('-') || name.ends_with('-');
    if name.is_empty() || name.len() > 40 || !letters || ends {
        let message = format!(
            "`{name}` cannot be a name: use up to 40 lower-case letters, digits and `-`, not at the ends"
        );
        faults.push(Fault::new(path, message));
    }
}

fn check_node(node: &Node, upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
    check_name(&node.name, path.key("name"), faults);
    match (upstream.kind, node.role) {
        (Kind::Novelai, None | Some(Role::Any)) => {
            faults.push(Fault::new(
                path.clone(),
                "a novelai node needs a `role`: image, text or api",
            ));
        }
        (Kind::Openai | Kind::Http, Some(_)) => {
            faults.push(Fault::new(
                path.key("role"),
                "only nodes of kind novelai have a role",
            ));
        }
        (Kind::Novelai, Some(Role::Image | Role::Text | Role::Api)) | (Kind::Openai | Kind::Http, None) => {}
    }
    let url = &node.url.0;
    if url.scheme == Scheme::Http && !url.is_loopback() && !upstream.allow_plaintext {
        let message = "must be https://: over http:// pool keys would cross the network in clear \
                       (`allow_plaintext: true` at the upstream allows it all the same)";
        faults.push(Fault::new(path.key("url"), message));
    }
    if let Some(why) = forbidden(url) {
        faults.push(Fault::new(path.key("url"), why));
    }
}

/// Hosts that only ever answer with secrets of the machine or its cloud, whatever the setting says.
fn forbidden(url: &BaseUrl) -> Option<String> {
    const METADATA: &str = "is the address of a cloud's metadata service; it is never relayed to";
    let names = [
        "metadata.google.internal",
        "metadata.goog",
        "metadata",
        "instance-data",
    ];
    if names.contains(&url.host.trim_end_matches('.')) {
        return Some(METADATA.to_owned());
    }
    let Ok(address) = url.host.parse::<IpAddr>() else {
        let usual = "write the address in its usual form, like 192.0.2.1";
        return numeric(&url.host).then(|| usual.to_owned());
    };
    // Whoever writes the file may name private addresses.
    let everything: Vec<Network> = ["0.0.0.0/0", "::/0"]
        .iter()
        .filter_map(|all| all.parse().ok())
        .collect();
    judge(address, &everything).err().map(|why| why.to_string())
}

/// Forms such as `2852039166`, `0xa9fea9fe` and `169.254.43518`, which resolvers take for IPv4.
fn numeric(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.chars().all(|c| c.is_ascii_digit()))
}

fn times(upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
    let (times, within) = (&upstream.timeouts, path.key("timeouts"));
    for (key, period) in [
        ("connect", times.connect),
        ("write", times.write),
        ("first_byte", times.first_byte),
        ("idle", times.idle),
        ("total", times.total),
    ] {
        positive(within.key(key), period, faults);
        if period > times.total {
            let message = format!("must not be longer than `total` ({})", times.total);
            faults.push(Fault::new(within.key(key), message));
        }
    }
    positive(within.key("websocket"), times.websocket, faults);
}

fn body_memory(upstream: &Upstream, limits: &Limits, path: &Path, faults: &mut Vec<Fault>) {
    let (bodies, path) = (&upstream.bodies, path.key("bodies"));
    if bodies.replay > bodies.max {
        let message = format!("must not be larger than `max` ({})", bodies.max);
        faults.push(Fault::new(path.key("replay"), message));
    }
    let share = limits.body_memory.0 / u64::from(limits.body_shares.max(1));
    if bodies.replay.0 > share {
        let message = format!(
            "must fit into one user's part of limits.body_memory ({} / {})",
            limits.body_memory, limits.body_shares
        );
        let rests_on = Some(Path::of("limits"));
        faults.push(Fault {
            path: path.key("replay"),
            message,
            rests_on,
        });
    }
}

/// The relay's own paths.
const RESERVED: [&str; 5] = ["/manage", "/healthz", "/readyz", "/health", "/_status"];

fn routes(config: &Config, faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for (at, route) in config.routes.iter().enumerate() {
        let path = Path::of("routes").index(at);
        if let Some(first) = seen.insert((&route.prefix, route.host.as_deref()), at) {
            let message = format!("route {first} has the same prefix and host already");
            faults.push(Fault::new(path.key("prefix"), message));
        }
        if let Some(why) = prefix_fault(&route.prefix) {
            faults.push(Fault::new(path.key("prefix"), why));
        }
        if let Some(why) = route.host.as_deref().and_then(host_fault) {
            faults.push(Fault::new(path.key("host"), why));
        }
        model_routes::check(route, config, &path, faults);
        plugins::check(route, config, &path, faults);
    }
}

fn prefix_fault(prefix: &str) -> Option<String> {
    if prefix == "/" {
        return None;
    }
    let Some(rest) = prefix.strip_prefix('/') else {
        return Some("must start with `/`".to_owned());
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let segment = |s: &str| !s.is_empty() && s != "." && s != ".." && s.chars().all(plain);
    if !rest.split('/').all(segment) {
        return Some(
            "must be segments of letters, digits, `-`, `_`, `.`, `~`, without `/` at the end".into(),
        );
    }
    let own = RESERVED
        .iter()
        .find(|own| prefix == **own || prefix.starts_with(&format!("{own}/")));
    own.map(|own| format!("`{own}` belongs to the relay itself"))
}

fn is_base_url(text: &str) -> bool {
    let scheme = ["https://", "http://"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    let url = text
        .parse::<http::Uri>()
        .ok()
        .filter(|url| scheme && url.query().is_none());
    url.is_some_and(|url| url.host().is_some() && !text.ends_with('/') && !text.contains(['#', '@']))
}

fn host_fault(host: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | ':');
    let port = host.matches(':').count() == 1;
    (port || host.is_empty() || !host.chars().all(plain))
        .then_some("must be a host name in lower case, without port")
}
