//! What the fields of a node may hold. Plain functions over values.

use std::collections::BTreeMap;

use potluck_filters::model::{Kind, Role};
use potluck_filters::node_url::{self, Rules};
use potluck_store::table::nodes::Place;

use crate::api::{AddNode, UpstreamFacts};
use crate::error::ControlError;

/// Characters of the longest name; as in the configuration.
const LONGEST_NAME: usize = 40;
/// Notes on one node, and characters of their names and texts.
const MOST_NOTES: usize = 32;
const LONGEST_KEY: usize = 64;
const LONGEST_NOTE: usize = 256;

pub(super) fn name(text: &str) -> Result<String, ControlError> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    if text.is_empty() || text.len() > LONGEST_NAME || ends || !text.chars().all(letters) {
        let why = format!("must be 1 to {LONGEST_NAME} lower-case letters, digits and `-`, not at the ends");
        return Err(ControlError::invalid("name", why));
    }
    Ok(text.to_owned())
}

pub(super) fn metadata(notes: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ControlError> {
    let fits =
        |text: &str, longest: usize| text.chars().count() <= longest && !text.contains(char::is_control);
    let all = notes
        .iter()
        .all(|(key, note)| !key.is_empty() && fits(key, LONGEST_KEY) && fits(note, LONGEST_NOTE));
    if notes.len() > MOST_NOTES || !all {
        let why = format!(
            "must be at most {MOST_NOTES} notes, each a name of 1 to {LONGEST_KEY} characters with one line of at \
             most {LONGEST_NOTE}"
        );
        return Err(ControlError::invalid("metadata", why));
    }
    Ok(notes)
}

/// Where a new node is.
pub(super) fn place(facts: &UpstreamFacts, new: &AddNode) -> Result<Place, ControlError> {
    let rules = Rules {
        allow_plaintext: facts.allow_plaintext,
        private_networks: &facts.private_networks,
    };
    let url = node_url::judge(&new.url, rules);
    Ok(Place {
        role: role(facts.kind, new.role)?,
        url: url.map_err(|why| ControlError::invalid("url", why.to_string()))?,
        http: new.http,
    })
}

fn role(kind: Kind, role: Option<Role>) -> Result<Role, ControlError> {
    match (kind, role) {
        (Kind::Novelai, Some(role @ (Role::Image | Role::Text | Role::Api))) => Ok(role),
        (Kind::Openai | Kind::Http, None | Some(Role::Any)) => Ok(Role::Any),
        (Kind::Novelai, None | Some(Role::Any)) => Err(ControlError::invalid(
            "role",
            "a novelai node needs one: image, text or api",
        )),
        (Kind::Openai | Kind::Http, Some(Role::Image | Role::Text | Role::Api)) => Err(
            ControlError::invalid("role", "only nodes of kind novelai have one"),
        ),
    }
}
