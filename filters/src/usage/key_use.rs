//! How a client key was used: by which of its texts, and by what program as it calls itself.
//!
//! Invariant: of a program's name only a number from 0 to 255 is kept, so nobody can read it back, and a client that
//! makes names up fills no table.

use http::HeaderMap;
use http::header::USER_AGENT;
use serde::{Deserialize, Serialize};

/// Bytes of a name that are looked at.
const LOOKED_AT: usize = 128;

/// How a request named its client key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyUse {
    /// Whether by a text that the key had before it was rotated.
    pub former: bool,
    /// Which program sent it.
    pub program: Program,
}

/// A program, told from most others. 0: one that does not say what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Program(pub u8);

impl Program {
    /// The program that sent these headers, by its `User-Agent`. No secret goes in, so a mix that is quick is enough.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(name) = headers.get(USER_AGENT) else {
            return Self(0);
        };
        let name = name.as_bytes();
        let name = name.get(..LOOKED_AT).unwrap_or(name);
        let mixed = name.chunks(8).fold(name.len() as u64, |mixed, part| {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(part).for_each(|(byte, from)| *byte = *from);
            let mixed = (mixed ^ u64::from_le_bytes(bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ mixed >> 32
        });
        let [.., last] = (mixed % 255).to_be_bytes();
        Self(last + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(name: &str) -> Program {
        Program::of(&HeaderMap::from_iter([(USER_AGENT, name.parse().unwrap())]))
    }

    #[test]
    fn a_program_is_the_same_each_time_and_others_are_others() {
        let names = [
            "OpenAI/Python 1.99.1",
            "OpenAI/Python 1.99.2",
            "curl/7.88.1",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "SillyTavern/1.13",
            "node",
            "x",
        ];
        let programs: BTreeSet<Program> = names.iter().map(|name| of(name)).collect();
        assert_eq!(programs.len(), names.len());
        assert_eq!(of(names[0]), of(names[0]));
        assert!(!programs.contains(&Program(0)));
        assert_eq!(Program::of(&HeaderMap::new()), Program(0));
    }

    #[test]
    fn many_names_fall_into_all_places_alike() {
        let mut places = [0_u32; 256];
        for number in 0..25_500 {
            places[usize::from(of(&format!("bot/{number}")).0)] += 1;
        }
        assert_eq!(places[0], 0);
        assert!(
            places[1..].iter().all(|count| (40..200).contains(count)),
            "{places:?}"
        );
    }
}
