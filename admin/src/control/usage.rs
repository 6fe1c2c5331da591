//! What was used, over time and by what. Read from sums; of how long requests of one user took, from their newest.
//!
//! Invariant: members' questions are of their own requests; sums of pool keys never tell who used them.

mod pool_key;
mod recent;
mod span;
mod told;

use potluck_filters::id::{ClientKeyId, PoolKeyId, UserId};
use potluck_store::usage::UsageStore;
use potluck_store::usage::ask::{EntryFilter, Filter, Member, Step, TotalsOf};
use potluck_store::usage::book::Dim;
use potluck_store::usage::level::{Level, Span};
use potluck_store::usage::sums::Sums;

use super::Control;
use super::requests::known_code;
use crate::api::{
    Books, MyUsageByQuery, MyUsageQuery, Usage, UsageBy, UsageByQuery, UsageGap, UsageGroup, UsageGroups,
    UsageMeasure, UsageOf, UsageOfQuery, UsageQuantiles, UsageQuery, UsageStep,
};
use crate::error::ControlError;
pub(super) use span::span;
use span::usual_step;
use told::{is_summed, points, summed, times, total};

/// Groups, unless somebody wants more or fewer.
const GROUPS: u32 = 10;
const MOST_GROUPS: u32 = 100;
/// Requests that a page about one user or key shows.
const RECENT: u32 = 20;

/// What is asked, whoever asks.
struct Wanted {
    span: Span,
    step: Option<UsageStep>,
    filter: Filter,
}

/// By what, whoever asks.
struct Grouped {
    by: UsageGroups,
    measure: UsageMeasure,
    limit: Option<u32>,
}

impl Control {
    /// The books, which a relay always has.
    pub(super) fn books(&self) -> Result<&UsageStore, ControlError> {
        self.usage().ok_or(ControlError::NoBooks)
    }

    /// How large the books are. A status is told without, where they do not answer.
    pub(super) async fn books_size(&self) -> Option<Books> {
        let size = self.usage()?.size(self.now_ms()).await.ok()?;
        Some(Books {
            bytes: size.bytes,
            requests: size.requests,
        })
    }

    /// What a user used.
    ///
    /// # Errors
    /// When the range is none, or the books cannot be read.
    pub(crate) async fn my_usage(&self, user: UserId, asked: &MyUsageQuery) -> Result<Usage, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let filter = refused_for(asked.filter(user), asked.code.as_deref())?;
        let step = asked.step;
        self.used(&Wanted { span, step, filter }).await
    }

    /// What was used.
    ///
    /// # Errors
    /// When the range is none, there are no such sums, or the books cannot be read.
    pub(crate) async fn usage_of_all(&self, asked: &UsageQuery) -> Result<Usage, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let filter = refused_for(asked.filter(), asked.code.as_deref())?;
        let step = asked.step;
        self.used(&Wanted { span, step, filter }).await
    }

    /// What a user used, by what.
    ///
    /// # Errors
    /// As [`Self::my_usage`].
    pub(crate) async fn my_usage_by(
        &self,
        user: UserId,
        asked: &MyUsageByQuery,
    ) -> Result<UsageBy, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let grouped = Grouped {
            by: asked.by.unwrap_or_default().into(),
            measure: asked.measure.unwrap_or_default(),
            limit: asked.limit,
        };
        let filter = refused_for(asked.filter(user), asked.code.as_deref())?;
        self.used_by(span, &filter, &grouped).await
    }

    /// What was used, by what.
    ///
    /// # Errors
    /// As [`Self::usage_of_all`].
    pub(crate) async fn usage_by(&self, asked: &UsageByQuery) -> Result<UsageBy, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let grouped = Grouped {
            by: asked.by.unwrap_or_default(),
            measure: asked.measure.unwrap_or_default(),
            limit: asked.limit,
        };
        let filter = refused_for(asked.filter(), asked.code.as_deref())?;
        self.used_by(span, &filter, &grouped).await
    }

    /// What a user used, also one that is gone.
    ///
    /// # Errors
    /// When the range is none, or the books cannot be read.
    pub(crate) async fn usage_of_user(
        &self,
        id: UserId,
        asked: &UsageOfQuery,
    ) -> Result<UsageOf, ControlError> {
        self.user(id).await?;
        let filter = Filter {
            user: Some(id),
            ..Filter::default()
        };
        self.used_of(filter, asked).await
    }

    /// What a client key used.
    ///
    /// # Errors
    /// When there is none with this id, the range is none, or the books cannot be read.
    pub(crate) async fn usage_of_key(
        &self,
        id: ClientKeyId,
        asked: &UsageOfQuery,
    ) -> Result<UsageOf, ControlError> {
        let row = self.store.client_key(id).await?;
        row.ok_or(ControlError::NotFound("client key"))?;
        self.used_of(of_key(id), asked).await
    }

    /// What a client key of one's own used.
    ///
    /// # Errors
    /// When they have none with this id, the range is none, or the books cannot be read.
    pub(crate) async fn usage_of_my_key(
        &self,
        user: UserId,
        id: ClientKeyId,
        asked: &UsageOfQuery,
    ) -> Result<UsageOf, ControlError> {
        let row = self.store.client_key(id).await?;
        row.filter(|row| row.key.user == user)
            .ok_or(ControlError::NotFound("client key"))?;
        let mut used = self.used_of(of_key(id), asked).await?;
        for request in &mut used.recent {
            request.pool_key = None;
            request.node = None;
        }
        Ok(used)
    }

    async fn used_of(&self, filter: Filter, asked: &UsageOfQuery) -> Result<UsageOf, ControlError> {
        let span = span(asked.time(), self.now_ms())?;
        let by = |by| Grouped {
            by,
            measure: UsageMeasure::default(),
            limit: None,
        };
        let by_endpoint = self.used_by(span, &filter, &by(UsageGroups::Endpoint)).await?;
        let by_model = self.used_by(span, &filter, &by(UsageGroups::Model)).await?;
        let entries = EntryFilter {
            span,
            of: filter.clone(),
            code: None,
        };
        let recent = self.books()?.entries(&entries, None, RECENT).await?;
        let step = asked.step;
        Ok(UsageOf {
            usage: self.used(&Wanted { span, step, filter }).await?,
            by_endpoint: by_endpoint.items,
            by_model: by_model.items,
            recent: recent.entries.iter().map(|entry| (&entry.event).into()).collect(),
        })
    }

    async fn used(&self, wanted: &Wanted) -> Result<Usage, ControlError> {
        let (books, now, span) = (self.books()?, self.now_ms(), wanted.span);
        let before = Span {
            from: span.from - (span.to - span.from),
            to: span.from,
        };
        let before = match books.kept().has(Level::Day, before.from, now) {
            true => Some(total(books, before, &wanted.filter, now).await?),
            false => None,
        };
        let step = wanted.step.map_or_else(|| usual_step(span), Step::from);
        let series = books
            .series(span, step, Some(Dim::Class), &wanted.filter, now)
            .await?;
        let gaps = self.store.watch_gaps((span.from, span.to)).await?;
        let mut points = points(&series);
        if is_summed(&wanted.filter) {
            let (_, timed) = books
                .latency_series(span, series.step, &wanted.filter, now)
                .await?;
            for one in timed {
                if let Some(point) = points.get_mut(&one.at) {
                    point.total = UsageQuantiles::of(&one.latencies.total);
                }
            }
        }
        Ok(Usage {
            total: total(books, span, &wanted.filter, now).await?,
            before,
            times: times(books, wanted, now).await?,
            step_ms: series.step.ms(),
            points: points.into_values().collect(),
            gaps: gaps.into_iter().map(|(from, to)| UsageGap { from, to }).collect(),
        })
    }

    async fn used_by(&self, span: Span, filter: &Filter, grouped: &Grouped) -> Result<UsageBy, ControlError> {
        let (books, now) = (self.books()?, self.now_ms());
        let of = |by: Vec<Dim>, limit| TotalsOf {
            by,
            filter: filter.clone(),
            measure: grouped.measure.into(),
            limit,
            after: None,
        };
        let limit = grouped.limit.unwrap_or(GROUPS).clamp(1, MOST_GROUPS);
        let found = books
            .totals(span, &of(vec![grouped.by.into()], limit), now)
            .await?;
        let total = match grouped.by {
            // What no pool key served is in no sum of pool keys: all of them together are what is told.
            UsageGroups::PoolKey => pool_key::together(books, found.span, filter, now).await?,
            UsageGroups::Model
            | UsageGroups::Endpoint
            | UsageGroups::ClientKey
            | UsageGroups::Class
            | UsageGroups::Upstream
            | UsageGroups::User
            | UsageGroups::Node => summed(&books.totals(found.span, &of(Vec::new(), 1), now).await?),
        };
        let mut rest = total;
        for row in &found.rows {
            rest = pool_key::less(&rest, &row.sums);
        }
        let timed = told::timed_by(books, found.span, grouped.by.into(), filter, now).await?;
        let mut items = Vec::new();
        for row in &found.rows {
            let mut group = self.group(row.of.first(), &row.sums).await?;
            let latencies = row.of.first().and_then(|member| timed.get(member));
            group.total = latencies.and_then(|latencies| UsageQuantiles::of(&latencies.total));
            group.first_byte = latencies.and_then(|latencies| UsageQuantiles::of(&latencies.first_byte));
            items.push(group);
        }
        Ok(UsageBy {
            by: grouped.by,
            from: found.span.from,
            to: found.span.to,
            total: (&total).into(),
            items,
            rest: found.next.map(|_| (&rest).into()),
        })
    }

    async fn group(&self, member: Option<&Member>, sums: &Sums) -> Result<UsageGroup, ControlError> {
        let text = |name: &Option<std::sync::Arc<str>>| name.as_deref().map(str::to_owned);
        let (id, name) = match member {
            None => (None, None),
            Some(Member::Upstream(name) | Member::Node(name) | Member::Model(name) | Member::Code(name)) => {
                (None, text(name))
            }
            Some(Member::Endpoint(endpoint)) => (None, Some(endpoint.as_str().to_owned())),
            Some(Member::Class(class)) => (None, Some(class.as_str().to_owned())),
            Some(Member::User(id)) => (id.map(|id| id.0), self.name_of_user(*id).await?),
            Some(Member::ClientKey(id)) => (id.map(|id| id.0), self.name_of_client_key(*id).await?),
            Some(Member::PoolKey(id)) => (Some(id.0), self.name_of_pool_key(*id).await?),
        };
        let sums = sums.into();
        Ok(UsageGroup {
            name,
            id,
            sums,
            total: None,
            first_byte: None,
        })
    }

    pub(super) async fn name_of_user(&self, id: Option<UserId>) -> Result<Option<String>, ControlError> {
        match id {
            Some(id) => Ok(self.store.living_user(id).await?.map(|row| row.name)),
            None => Ok(None),
        }
    }

    pub(super) async fn name_of_client_key(
        &self,
        id: Option<ClientKeyId>,
    ) -> Result<Option<String>, ControlError> {
        match id {
            Some(id) => Ok(self.store.client_key(id).await?.map(|row| row.name)),
            None => Ok(None),
        }
    }

    pub(super) async fn name_of_pool_key(&self, id: PoolKeyId) -> Result<Option<String>, ControlError> {
        Ok(self.store.pool_key(id).await?.map(|row| row.label))
    }
}

/// Narrowed to what the relay refused for a reason, where one is named.
fn refused_for(filter: Filter, code: Option<&str>) -> Result<Filter, ControlError> {
    let code = code.map(known_code).transpose()?;
    Ok(Filter { code, ..filter })
}

fn of_key(id: ClientKeyId) -> Filter {
    Filter {
        client_key: Some(id),
        ..Filter::default()
    }
}
