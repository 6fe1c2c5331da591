//! One line per request, without path query, header values or anything of a body.

use potluck_filters::time::Moment;

use super::Edge;
use super::proxy::Context;

impl Edge {
    /// Writes the access line, if it is on.
    pub(super) fn access_line(&self, ctx: &Context, method: &http::Method, path: &str) {
        if !self.settings.access_log {
            return;
        }
        if ctx.managed {
            self.managed_line(ctx, method, path);
        } else {
            self.relayed_line(ctx, method, path);
        }
    }

    fn managed_line(&self, ctx: &Context, method: &http::Method, path: &str) {
        tracing::info!(
            target: "access",
            request = ctx.request_id.as_str(),
            %method,
            path,
            plane = "control",
            status = ctx.status.map(|status| status.as_u16()),
            code = ctx.code.map(potluck_filters::rejection::Code::as_str),
            bytes = ctx.body_bytes,
            ms = self.elapsed_ms(ctx.started()),
        );
    }

    fn relayed_line(&self, ctx: &Context, method: &http::Method, path: &str) {
        tracing::info!(
            target: "access",
            request = ctx.request_id.as_str(),
            %method,
            path,
            status = ctx.status.map(|status| status.as_u16()),
            code = ctx.code.map(potluck_filters::rejection::Code::as_str),
            upstream = ctx.noted.upstream.as_deref(),
            key = ctx.noted.client_key.map(|id| id.0),
            ended = ctx.relayed.map(|relayed| format!("{relayed:?}")),
            bytes = ctx.body_bytes,
            queued_ms = u64::try_from(ctx.noted.course.waited.in_queue.as_millis()).unwrap_or(u64::MAX),
            ms = self.elapsed_ms(ctx.started()),
        );
    }

    fn elapsed_ms(&self, started: Moment) -> u64 {
        u64::try_from(self.clock.now().since(started).as_millis()).unwrap_or(u64::MAX)
    }
}
