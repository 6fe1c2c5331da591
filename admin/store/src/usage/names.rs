//! Names that events have in common, as numbers.
//!
//! Invariants: a number is only known here once its name is committed; clients choose the names of models, so there
//! are only so many of them, and a request that the relay refused adds none.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use potluck_filters::rejection::Code;
use potluck_filters::usage::UsageEvent;

use crate::dialect::usage::{Books, Cell, Question, Writing};
use crate::error::StoreError;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Upstream,
    Node,
    Model,
    Code,
}

/// Models that get a number of their own.
const MODELS: i64 = 4096;

/// Rows of one statement.
const ROWS: usize = 16;

/// The number of all other models, made with the table.
const OTHER_MODEL: i64 = 1;

impl Kind {
    const ALL: [Self; 4] = [Self::Upstream, Self::Node, Self::Model, Self::Code];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Node => "node",
            Self::Model => "model",
            Self::Code => "code",
        }
    }
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<Kind, HashMap<Arc<str>, i64>>,
    names: HashMap<i64, Arc<str>>,
}

impl Known {
    fn number(&self, kind: Kind, name: &str) -> Option<i64> {
        self.numbers.get(&kind)?.get(name).copied()
    }

    fn models_full(&self) -> bool {
        let models = self.numbers.get(&Kind::Model).map_or(0, HashMap::len);
        models as i64 >= MODELS
    }
}

/// The numbers of an event's names; 0 where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) upstream: i64,
    pub(crate) node: i64,
    pub(crate) model: i64,
    pub(crate) code: i64,
}

/// What is known of the table. The lock guards the two maps, which agree; nobody waits while holding it.
#[derive(Debug, Default)]
pub(crate) struct Names(RwLock<Known>);

fn of(event: &UsageEvent) -> impl Iterator<Item = (Kind, &str)> {
    let names = [
        (Kind::Upstream, event.upstream.as_deref()),
        (Kind::Node, event.node.as_deref()),
        (Kind::Model, event.model.as_deref()),
        (Kind::Code, event.code.map(Code::as_str)),
    ];
    names.into_iter().filter_map(|(kind, name)| Some((kind, name?)))
}

impl Names {
    /// Reads the whole table.
    pub(crate) async fn load(&self, books: &Books) -> Result<(), StoreError> {
        let rows = books
            .ask(Question::new("select id, kind, name from usage_names"))
            .await?;
        let mut known = Known::default();
        for row in rows {
            let Ok([Cell::Int(id), Cell::Text(kind), Cell::Text(name)]) = <[Cell; 3]>::try_from(row) else {
                continue;
            };
            let Some(kind) = Kind::ALL.into_iter().find(|one| one.as_str() == kind) else {
                continue;
            };
            let name: Arc<str> = name.into();
            known.names.insert(id, Arc::clone(&name));
            known.numbers.entry(kind).or_default().insert(name, id);
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Gives numbers to names that have none yet.
    pub(crate) async fn learn(&self, books: &Books, events: &[UsageEvent]) -> Result<(), StoreError> {
        let new = self.unknown(events);
        if new.is_empty() {
            return Ok(());
        }
        let mut writing = books.write().await?;
        // Others that give numbers wait here.
        writing
            .run(Question::new(
                "update usage_meta set last_serial = last_serial where id = 1",
            ))
            .await?;
        give(&mut writing, new).await?;
        writing.commit().await?;
        self.load(books).await
    }

    fn unknown(&self, events: &[UsageEvent]) -> BTreeSet<(Kind, Arc<str>)> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let full = known.models_full();
        let mut new = BTreeSet::new();
        for event in events {
            let teaches = |kind: Kind| kind != Kind::Model || (!full && event.code.is_none());
            for (kind, name) in of(event) {
                if known.number(kind, name).is_none() && teaches(kind) {
                    new.insert((kind, name.into()));
                }
            }
        }
        new
    }

    /// The numbers of an event's names.
    pub(crate) fn numbers(&self, event: &UsageEvent) -> Numbers {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut numbers = Numbers::default();
        for (kind, name) in of(event) {
            let number = known.number(kind, name);
            match kind {
                Kind::Upstream => numbers.upstream = number.unwrap_or(0),
                Kind::Node => numbers.node = number.unwrap_or(0),
                Kind::Model => numbers.model = number.unwrap_or(OTHER_MODEL),
                Kind::Code => numbers.code = number.unwrap_or(0),
            }
        }
        numbers
    }

    /// The number of a name; `None` where no event ever had it, as far as this process knows.
    pub(crate) fn number(&self, kind: Kind, name: &str) -> Option<i64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.number(kind, name)
    }

    /// The name of a number, where this process knows it.
    pub(crate) fn name(&self, number: i64) -> Option<Arc<str>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.names.get(&number).cloned()
    }

    /// Whether all of these have names here. Another process may have given some.
    pub(crate) fn has_all(&self, mut numbers: impl Iterator<Item = i64>) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        numbers.all(|number| number == 0 || known.names.contains_key(&number))
    }
}

/// Names that another process has given meanwhile stay as they are.
async fn give(writing: &mut Writing, new: BTreeSet<(Kind, Arc<str>)>) -> Result<(), StoreError> {
    let there = "select coalesce(max(id), 0), coalesce(sum(case kind when 'model' then 1 else 0 end), 0) from usage_names";
    let rows = writing.ask(Question::new(there)).await?;
    let Some([Cell::Int(last), Cell::Int(models)]) = rows.first().map(Vec::as_slice) else {
        return Err(StoreError::NoMeta);
    };
    let room = usize::try_from(MODELS - models).unwrap_or(0);
    let (models, others): (Vec<_>, Vec<_>) = new.into_iter().partition(|(kind, _)| *kind == Kind::Model);
    let named: Vec<_> = others.into_iter().chain(models.into_iter().take(room)).collect();
    let mut id = *last;
    for names in named.chunks(ROWS) {
        let mut question = Question::new("");
        let mut rows = Vec::new();
        for (kind, name) in names {
            id += 1;
            let cells = [
                Cell::Int(id),
                Cell::Text(kind.as_str().to_owned()),
                Cell::Text(name.to_string()),
            ];
            rows.push(format!("({})", cells.map(|cell| question.value(cell)).join(", ")));
        }
        let text = format!(
            "insert into usage_names (id, kind, name) values {} on conflict (kind, name) do nothing",
            rows.join(", ")
        );
        writing.run(Question { text, ..question }).await?;
    }
    Ok(())
}
