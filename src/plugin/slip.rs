//! What is wrong with a plug-in's settings beyond their types; the configuration adds line and column.

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// From the plug-in's entry down to the setting.
    pub(crate) keys: Vec<String>,
    /// An entry of a list there.
    pub(crate) index: Option<usize>,
    pub(crate) message: String,
}

impl Slip {
    /// With the settings as a whole.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            keys: Vec::new(),
            index: None,
            message: message.into(),
        }
    }

    /// With one of them.
    #[must_use]
    pub fn of(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(message).within(key)
    }

    /// With one entry of a list, counted from 0.
    #[must_use]
    pub fn item(key: impl Into<String>, index: usize, message: impl Into<String>) -> Self {
        Self {
            index: Some(index),
            ..Self::of(key, message)
        }
    }

    /// The same, one section deeper.
    #[must_use]
    pub fn within(mut self, section: impl Into<String>) -> Self {
        self.keys.insert(0, section.into());
        self
    }
}
