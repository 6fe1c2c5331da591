//! `TRUST_PROXY_HEADERS`: whether proxies are believed at all. Which ones is what `admin.trusted_proxies` says.
//!
//! Invariant: nobody is believed who is not in the list.

use super::Config;
use super::path::Path;
use super::problem::{Place, Problem};

const NAME: &str = "TRUST_PROXY_HEADERS";

/// Holds the variable against the list. Where it says no, the list is emptied.
pub(super) fn apply(config: &mut Config, environment: &[(String, String)]) -> Option<Problem> {
    let (_, text) = environment.iter().find(|(name, _)| name == NAME)?;
    let message = match text.trim().to_ascii_lowercase().as_str() {
        "" => return None,
        "false" | "0" | "no" | "off" => {
            config.admin.trusted_proxies.clear();
            let place = Place::Named(NAME.into());
            config
                .origins
                .overruled(&Path::of("admin").key("trusted_proxies"), place);
            return None;
        }
        "true" | "1" | "yes" | "on" if !config.admin.trusted_proxies.is_empty() => return None,
        "true" | "1" | "yes" | "on" => {
            "needs the proxies' addresses: list them, like `trusted_proxies: [10.0.0.0/8]`; else anybody could \
             choose the address that is seen"
        }
        _ => "write true or false",
    };
    Some(Problem {
        place: Place::Named(NAME.into()),
        path: Path::of("admin").key("trusted_proxies"),
        message: message.to_owned(),
    })
}
