//! What a personal access token may do.

use std::fmt;

use super::Area;

/// The scope without which an admin's token may do no more than a member's.
pub(super) const ADMIN: &str = "admin";

/// Reading or changing one area, written as `keys:read` or `keys:write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The area.
    pub area: Area,
    /// Changing, which includes reading.
    pub write: bool,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let act = if self.write { "write" } else { "read" };
        write!(f, "{}:{act}", self.area.as_str())
    }
}

impl Scope {
    /// Every scope there is.
    fn all() -> impl Iterator<Item = Self> {
        Area::ALL
            .into_iter()
            .flat_map(|area| [false, true].map(|write| Self { area, write }))
    }

    fn bit(self) -> u16 {
        1 << (2 * (self.area as u16) + u16::from(self.write))
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

const ADMIN_BIT: u16 = 1 << 15;

impl Scopes {
    /// Reads their words. `None` where one is unknown.
    #[must_use]
    pub fn parse<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Self> {
        words.into_iter().try_fold(Self::default(), |set, word| {
            let bit = match word {
                ADMIN => ADMIN_BIT,
                word => Scope::all().find(|scope| scope.to_string() == word)?.bit(),
            };
            Some(Self(set.0 | bit))
        })
    }

    /// Their words, in the order of the areas.
    #[must_use]
    pub fn words(self) -> Vec<String> {
        let scopes = Scope::all().filter(|scope| self.0 & scope.bit() != 0);
        let mut words: Vec<String> = scopes.map(|scope| scope.to_string()).collect();
        if self.has_admin() {
            words.push(ADMIN.to_owned());
        }
        words
    }

    /// Every word there is.
    #[must_use]
    pub fn known() -> Vec<String> {
        Self(u16::MAX).words()
    }

    /// Whether it has this one. Who may change may read.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        let change = Scope { write: true, ..scope };
        self.0 & (scope.bit() | change.bit()) != 0
    }

    /// Whether it speaks for an admin.
    #[must_use]
    pub fn has_admin(self) -> bool {
        self.0 & ADMIN_BIT != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Scope = Scope {
        area: Area::Keys,
        write: false,
    };

    #[test]
    fn words_come_back_as_they_were_read() {
        let words = Scopes::known();
        assert_eq!(words.len(), 11);
        let all = Scopes::parse(words.iter().map(String::as_str)).unwrap();
        assert_eq!(all.words(), words);
        assert_eq!(Scopes::parse(["keys:read", "keys"]), None);
    }

    #[test]
    fn who_may_change_may_read_and_not_the_other_way_round() {
        let write = Scope { write: true, ..READ };
        let change = Scopes::parse(["keys:write"]).unwrap();
        assert!(change.has(write) && change.has(READ));
        let read = Scopes::parse(["keys:read"]).unwrap();
        assert!(read.has(READ) && !read.has(write) && !read.has_admin());
    }
}
