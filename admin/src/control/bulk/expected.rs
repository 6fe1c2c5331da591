//! What stands for the things that an act is about and for what would become of each, so that an act can be held to what
//! its preview told.

use sha2::{Digest as _, Sha256};

use super::decide::Decision;
use super::meant::Meant;
use super::work::Work;
use crate::error::ControlError;

/// Bytes of the digest that are told: nobody has a reason to make two sets alike.
const TOLD: usize = 16;

/// Stands for exactly these things: how many, and a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected(pub(super) String);

impl Expected {
    pub(super) fn of(work: Work, meant: &[Meant]) -> Self {
        let mut digest = Sha256::new();
        digest.update(format!("{work:?}"));
        for one in meant {
            digest.update(one.item.to_be_bytes());
            digest.update(match one.decision {
                Decision::Do => "",
                Decision::Skip(why) | Decision::Fail(why) => why,
            });
            // No word has it, so where one ends is part of what is digested.
            digest.update([0]);
        }
        let digest = digest.finalize();
        let told: String = digest
            .iter()
            .take(TOLD)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("{}-{told}", meant.len()))
    }

    /// Refuses an act that was previewed on other things.
    pub(super) fn is(&self, previewed: Option<&str>) -> Result<(), ControlError> {
        match previewed {
            Some(previewed) if previewed != self.0 => Err(ControlError::OthersMeant),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ClientKeysAct, UsersAct};

    fn meant(all: &[(i64, Decision)]) -> Vec<Meant> {
        let one = |(item, decision): &(i64, Decision)| Meant {
            item: *item,
            name: String::new(),
            decision: *decision,
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn other_things_other_ends_and_other_acts_are_told_apart() {
        let two = [(1, Decision::Do), (2, Decision::Skip("disabled"))];
        let disable = Work::ClientKeys(ClientKeysAct::Disable);
        let expected = Expected::of(disable, &meant(&two));
        assert!(expected.0.starts_with("2-") && expected.0.len() == 2 + 2 * TOLD);
        assert_eq!(expected, Expected::of(disable, &meant(&two)));
        for (work, all) in [
            (disable, &two[..1]),
            (disable, &[(1, Decision::Do), (2, Decision::Do)][..]),
            (disable, &[(1, Decision::Do), (3, Decision::Skip("disabled"))][..]),
            (Work::Users(UsersAct::Disable), &two[..]),
        ] {
            assert_ne!(expected, Expected::of(work, &meant(all)), "{work:?} {all:?}");
        }
    }
}
