//! May this client key make this request? Addresses before the body is read, the model after.

use std::net::IpAddr;

use crate::model::ClientKey;
use crate::rejection::Code;

/// Checks the peer's address against the key's allow-list.
///
/// # Errors
/// [`Code::AddressNotAllowed`].
pub fn address(key: &ClientKey, peer: Option<IpAddr>) -> Result<(), Code> {
    let Some(networks) = &key.addresses else {
        return Ok(());
    };
    let inside = peer.is_some_and(|peer| networks.iter().any(|network| network.contains(peer)));
    if inside {
        Ok(())
    } else {
        Err(Code::AddressNotAllowed)
    }
}

/// Checks the model that the body asks for against the key's allow-list. A request that names no
/// model is refused where there is a list: nobody can say what it would use.
///
/// # Errors
/// [`Code::ModelNotAllowed`].
pub fn model(key: &ClientKey, model: Option<&str>) -> Result<(), Code> {
    let Some(allowed) = &key.models else { return Ok(()) };
    let listed = model.is_some_and(|model| allowed.iter().any(|pattern| matches(pattern, model)));
    if listed {
        Ok(())
    } else {
        Err(Code::ModelNotAllowed)
    }
}

/// Exact, or a prefix where the pattern ends with `*`.
fn matches(pattern: &str, model: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == model, |prefix| model.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::id::{ClientKeyId, UserId};
    use crate::limit::Limit;
    use crate::model::{ClientKeyState, KeyHash};

    fn key(models: Option<&[&str]>, addresses: Option<&[&str]>) -> ClientKey {
        ClientKey {
            id: ClientKeyId(1),
            user: UserId(1),
            hash: KeyHash::of("np-1"),
            state: ClientKeyState::Active,
            expires_at: None,
            rate_limit: Limit::Unlimited,
            concurrency: Limit::Unlimited,
            anlas_per_day: Limit::Unlimited,
            models: models.map(|list| list.iter().map(|m| (*m).into()).collect()),
            addresses: addresses.map(|list| list.iter().map(|a| a.parse().unwrap()).collect::<Arc<[_]>>()),
        }
    }

    #[test]
    fn models_are_exact_or_by_prefix() {
        let list: &[&str] = &["nai-diffusion-4-5-full", "openai/*"];
        for (model_name, allowed) in [
            (Some("nai-diffusion-4-5-full"), true),
            (Some("nai-diffusion-4-5"), false),
            (Some("openai/gpt-5"), true),
            (Some("OpenAI/gpt-5"), false),
            (None, false),
        ] {
            assert_eq!(
                model(&key(Some(list), None), model_name).is_ok(),
                allowed,
                "{model_name:?}"
            );
        }
        assert!(model(&key(None, None), None).is_ok());
        assert!(model(&key(Some(&[]), None), Some("any")).is_err());
    }

    #[test]
    fn an_unknown_address_is_never_inside() {
        let inside = Some("10.1.2.3".parse().unwrap());
        assert!(address(&key(None, Some(&["10.0.0.0/8"])), inside).is_ok());
        assert!(address(&key(None, Some(&["10.0.0.0/8"])), None).is_err());
        assert!(address(&key(None, Some(&["192.168.0.0/16"])), inside).is_err());
        assert!(address(&key(None, None), None).is_ok());
    }
}
