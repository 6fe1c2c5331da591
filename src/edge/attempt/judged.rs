//! An attempt's end, looked at as far as the judge's table asks for it.

use http::HeaderMap;
use potluck_filters::judge::{End, JudgeTable, Verdict, retry_after};

use super::Tried;
use crate::clock::unix_ms;
use crate::edge::exchange::Exchange;
use crate::edge::send::Failed;

/// As much of an error's body as the judge looks at.
const JUDGED: usize = 4096;

/// What the attempt came to.
pub(super) async fn judge(table: &JudgeTable, ended: Result<Exchange, Failed>) -> Tried {
    let mut exchange = match ended {
        Ok(exchange) => exchange,
        Err(failed) => {
            let end = End::Failed {
                stage: failed.stage,
                timed_out: failed.timed_out,
                reused_connection: failed.reused,
            };
            return Tried {
                verdict: table.judge(&end),
                retry_after: None,
                answer: Err(failed),
            };
        }
    };
    let Some(status) = exchange.head().map(|head| head.status.as_u16()) else {
        return Tried {
            verdict: Verdict::relay("no-head"),
            retry_after: None,
            answer: Ok(exchange),
        };
    };
    // After 101 there is no body to look at.
    if (200..300).contains(&status) || status == 101 {
        let verdict = table.judge(&End::Answer {
            status,
            content_type: None,
            body: &[],
        });
        return Tried {
            verdict,
            retry_after: None,
            answer: Ok(exchange),
        };
    }
    // One that breaks off is judged by what came.
    let body = if table.needs_body(status) {
        exchange.peek(JUDGED).await
    } else {
        Vec::new()
    };
    let headers = exchange
        .head()
        .map_or_else(HeaderMap::new, |head| head.headers.clone());
    let content_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let verdict = table.judge(&End::Answer {
        status,
        content_type,
        body: &body,
    });
    Tried {
        verdict,
        retry_after: retry_after(&headers, unix_ms()),
        answer: Ok(exchange),
    }
}
