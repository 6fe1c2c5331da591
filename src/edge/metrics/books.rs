//! What is noted of requests, on its way to the books.

use crate::metrics::Page;
use crate::spool::Report;

/// Tells nothing of how it goes where nobody keeps books: nothing is lost then, either.
pub(super) fn tell(page: &mut Page, report: Option<Report>) {
    page.counter(
        "usage_lost",
        "Ended requests that the books have no line of",
        report.map_or(0, |report| report.lost),
    );
    let Some(report) = report else { return };
    page.counter(
        "usage_written",
        "Ended requests that were written to disk",
        report.written,
    );
    page.counter("usage_sent", "Of those, what the books have", report.sent);
    page.counter(
        "usage_adopted",
        "Ended requests of earlier processes that were sent on to the books",
        report.adopted,
    );
    page.counter(
        "usage_set_aside",
        "Files of earlier processes that could not be read to their end",
        report.set_aside,
    );
    page.gauge(
        "usage_spool_bytes",
        "Disk that waiting requests take",
        report.waiting_bytes as f64,
    );
    page.gauge(
        "usage_spool_full",
        "1 while no more may wait on disk",
        f64::from(report.full),
    );
    page.gauge(
        "usage_failing",
        "1 while the books do not take what is sent on",
        f64::from(report.failing),
    );
}
