//! Credentials on their way in, and what became of them.

use potluck_filters::secret::Secret;
use potluck_store::table::pool_keys::{Added, NewCredential, Unfit};

use crate::api::{AddPoolKey, Imported, LineResult, SecretText, WhatBecame};
use crate::error::ControlError;

/// What is brought: a token, or a login.
pub(super) fn credential(new: &AddPoolKey) -> Result<NewCredential, ControlError> {
    match (&new.credential, &new.username, &new.password) {
        (Some(token), None, None) => Ok(NewCredential::Token(trimmed(token))),
        (None, Some(username), Some(password)) => Ok(NewCredential::Login {
            username: username.0.expose().trim().to_owned(),
            password: password.0.clone(),
        }),
        (Some(_) | None, Some(_) | None, Some(_) | None) => Err(ControlError::invalid(
            "credential",
            "give either `credential`, or `username` and `password`",
        )),
    }
}

pub(super) fn unfit(why: Unfit) -> ControlError {
    let field = match why {
        Unfit::Credential(_) | Unfit::ClientKey => "credential",
        Unfit::Username => "username",
        Unfit::Password => "password",
    };
    ControlError::invalid(field, why.to_string())
}

/// Without the blanks and line ends that come with pasting.
fn trimmed(text: &SecretText) -> Secret {
    Secret::new(text.0.expose().trim())
}

/// The lines that hold a credential, with their numbers from 1.
pub(super) fn credentials(lines: &[SecretText]) -> (Vec<usize>, Vec<NewCredential>) {
    let lines = lines.iter().map(trimmed).zip(1..);
    let held = lines.filter(|(text, _)| !text.expose().is_empty() && !text.expose().starts_with('#'));
    held.map(|(text, number)| (number, NewCredential::Token(text)))
        .unzip()
}

pub(super) fn told(numbers: &[usize], added: &[Added]) -> Imported {
    let count = |kind: fn(&Added) -> bool| added.iter().filter(|one| kind(one)).count();
    let line = |(line, one): (&usize, &Added)| LineResult {
        line: *line,
        result: became(*one),
    };
    Imported {
        added: count(|one| matches!(one, Added::Added(_))),
        duplicate: count(|one| matches!(one, Added::Duplicate)),
        invalid: count(|one| matches!(one, Added::Invalid(_))),
        lines: numbers.iter().zip(added).map(line).collect(),
    }
}

fn became(added: Added) -> WhatBecame {
    match added {
        Added::Added(id) => WhatBecame::Added { id },
        Added::Duplicate => WhatBecame::Duplicate,
        Added::Invalid(why) => WhatBecame::Invalid { why: why.to_string() },
    }
}
