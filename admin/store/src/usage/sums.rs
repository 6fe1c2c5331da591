//! What is summed of requests.
//!
//! Invariant: what was reported and what was estimated are never added to one another, and what nobody knew is
//! counted, not taken for zero.

use potluck_filters::meter::Figure;
use potluck_filters::usage::UsageEvent;

use crate::dialect::usage::Cell;

/// A figure, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FigureSum {
    /// What upstreams reported.
    pub reported: u64,
    /// What the relay estimated.
    pub estimated: u64,
    /// Of how many requests there was a figure at all.
    pub told: u64,
}

impl FigureSum {
    fn of(figure: Figure) -> Self {
        match figure {
            Figure::None => Self::default(),
            Figure::Estimated(estimated) => Self {
                estimated,
                told: 1,
                reported: 0,
            },
            Figure::Reported(reported) => Self {
                reported,
                told: 1,
                estimated: 0,
            },
        }
    }

    fn add(&mut self, other: &Self) {
        self.reported = self.reported.saturating_add(other.reported);
        self.estimated = self.estimated.saturating_add(other.estimated);
        self.told = self.told.saturating_add(other.told);
    }

    fn numbers(self) -> [u64; 3] {
        [self.reported, self.estimated, self.told]
    }
}

/// Requests, summed. Times in microseconds, cost in millionths of the upstream's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub requests: u64,
    /// Bytes of their bodies.
    pub asked_bytes: u64,
    /// Bytes of the answers' bodies.
    pub answered_bytes: u64,
    /// In queues.
    pub queued_us: u64,
    /// From their heads' arrival to their ends.
    pub total_us: u64,
    /// Tokens of what was asked.
    pub prompt: FigureSum,
    /// Of those, what upstreams had in their caches.
    pub cached: FigureSum,
    /// Tokens of what was answered.
    pub completion: FigureSum,
    /// Pictures.
    pub images: FigureSum,
    /// NovelAI's currency.
    pub anlas: FigureSum,
    /// Money.
    pub cost: FigureSum,
}

/// Of what kind sums are: which of their columns can have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// No figures: what was refused, for example.
    Bare,
    /// Tokens and money.
    Tokens,
    /// Pictures and Anlas.
    Pictures,
    /// Both.
    Mixed,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Bare, Self::Tokens, Self::Pictures, Self::Mixed];

    /// Of one thing for each of [`Sums::COLUMNS`], those of its own.
    pub(crate) fn of<T>(self, all: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        let has = move |place: usize| match self {
            Self::Bare => matches!(place, 0..5),
            Self::Tokens => !matches!(place, 14..20),
            Self::Pictures => matches!(place, 0..5 | 14..20),
            Self::Mixed => true,
        };
        let each = all.into_iter().enumerate();
        each.filter_map(move |(place, one)| has(place).then_some(one))
    }
}

impl Sums {
    /// The columns, in the order of [`Sums::cells`].
    pub(crate) const COLUMNS: [&'static str; 23] = [
        "requests",
        "asked_bytes",
        "answered_bytes",
        "queued_us",
        "total_us",
        "prompt_reported",
        "prompt_estimated",
        "prompt_told",
        "cached_reported",
        "cached_estimated",
        "cached_told",
        "completion_reported",
        "completion_estimated",
        "completion_told",
        "images_reported",
        "images_estimated",
        "images_told",
        "anlas_reported",
        "anlas_estimated",
        "anlas_told",
        "cost_reported",
        "cost_estimated",
        "cost_told",
    ];

    /// One request.
    #[must_use]
    pub fn of(event: &UsageEvent) -> Self {
        Self {
            requests: 1,
            asked_bytes: event.asked_bytes,
            answered_bytes: event.answered_bytes,
            queued_us: event.times.queued,
            total_us: event.times.total,
            prompt: FigureSum::of(event.used.prompt),
            cached: FigureSum::of(event.used.cached),
            completion: FigureSum::of(event.used.completion),
            images: FigureSum::of(event.used.images),
            anlas: FigureSum::of(event.used.anlas),
            cost: FigureSum::of(event.used.cost),
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.asked_bytes = self.asked_bytes.saturating_add(other.asked_bytes);
        self.answered_bytes = self.answered_bytes.saturating_add(other.answered_bytes);
        self.queued_us = self.queued_us.saturating_add(other.queued_us);
        self.total_us = self.total_us.saturating_add(other.total_us);
        self.prompt.add(&other.prompt);
        self.cached.add(&other.cached);
        self.completion.add(&other.completion);
        self.images.add(&other.images);
        self.anlas.add(&other.anlas);
        self.cost.add(&other.cost);
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        let plain = [
            self.requests,
            self.asked_bytes,
            self.answered_bytes,
            self.queued_us,
            self.total_us,
        ];
        let figures = [
            self.prompt,
            self.cached,
            self.completion,
            self.images,
            self.anlas,
            self.cost,
        ];
        plain
            .into_iter()
            .chain(figures.into_iter().flat_map(FigureSum::numbers))
    }

    /// As cells: nothing where a sum is of nothing, which takes no room in a row.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Option<i64>> {
        self.numbers()
            .map(|number| (number > 0).then(|| i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// Of what kind they are.
    pub(crate) fn kind(&self) -> Kind {
        let told = |figures: &[FigureSum]| figures.iter().any(|figure| figure.told > 0);
        let tokens = told(&[self.prompt, self.cached, self.completion, self.cost]);
        let pictures = told(&[self.images, self.anlas]);
        match (tokens, pictures) {
            (false, false) => Kind::Bare,
            (true, false) => Kind::Tokens,
            (false, true) => Kind::Pictures,
            (true, true) => Kind::Mixed,
        }
    }

    /// From cells; what is missing is nothing.
    pub(crate) fn read(cells: &[Cell]) -> Self {
        let mut numbers = cells.iter().map(|cell| match cell {
            Cell::Int(number) => u64::try_from(*number).unwrap_or(0),
            Cell::Null | Cell::Text(_) | Cell::Bytes(_) => 0,
        });
        let mut number = || numbers.next().unwrap_or(0);
        let (requests, asked_bytes, answered_bytes) = (number(), number(), number());
        let (queued_us, total_us) = (number(), number());
        let mut figure = || FigureSum {
            reported: number(),
            estimated: number(),
            told: number(),
        };
        Self {
            requests,
            asked_bytes,
            answered_bytes,
            queued_us,
            total_us,
            prompt: figure(),
            cached: figure(),
            completion: figure(),
            images: figure(),
            anlas: figure(),
            cost: figure(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_the_columns_of_its_figures() {
        let has = |kind: Kind, word: &str| kind.of(Sums::COLUMNS).any(|column| column.starts_with(word));
        for (words, kinds) in [
            (
                &["requests", "asked_", "answered_", "queued_", "total_"][..],
                &Kind::ALL[..],
            ),
            (
                &["prompt_", "cached_", "completion_", "cost_"],
                &[Kind::Tokens, Kind::Mixed],
            ),
            (&["images_", "anlas_"], &[Kind::Pictures, Kind::Mixed]),
        ] {
            for word in words {
                let having: Vec<_> = Kind::ALL.into_iter().filter(|kind| has(*kind, word)).collect();
                assert_eq!(having, kinds, "{word}");
            }
        }
        assert_eq!(Kind::Mixed.of(Sums::COLUMNS).count(), Sums::COLUMNS.len());
    }
}
