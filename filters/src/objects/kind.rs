//! What an object is.

/// The kinds of objects that upstreams keep and members own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// An uploaded file, or one that a batch or a job made.
    File,
    /// A batch.
    Batch,
    /// A stored response.
    Response,
    /// A conversation.
    Conversation,
    /// A fine-tuning job.
    Job,
    /// A fine-tuned model.
    Model,
}

impl ObjectKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::File,
        Self::Batch,
        Self::Response,
        Self::Conversation,
        Self::Job,
        Self::Model,
    ];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Batch => "batch",
            Self::Response => "response",
            Self::Conversation => "conversation",
            Self::Job => "fine_tuning_job",
            Self::Model => "model",
        }
    }

    /// The kind with that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What `object` says in the API's own JSON.
    #[must_use]
    pub const fn in_json(self) -> &'static str {
        match self {
            Self::Job => "fine_tuning.job",
            Self::File | Self::Batch | Self::Response | Self::Conversation | Self::Model => self.as_str(),
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Job => "fine-tuning job",
            Self::File | Self::Batch | Self::Response | Self::Conversation | Self::Model => self.as_str(),
        }
    }

    /// Entries of one page of a list: where the request does not say, and at most, as OpenAI has them.
    #[must_use]
    pub const fn page_sizes(self) -> (usize, usize) {
        match self {
            Self::File => (10_000, 10_000),
            Self::Batch | Self::Response | Self::Conversation | Self::Job | Self::Model => (20, 100),
        }
    }
}
