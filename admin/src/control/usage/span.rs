//! Which time a question is about, and in which steps it is told where nobody says.

use potluck_store::usage::ask::Step;
use potluck_store::usage::level::Span;

use crate::api::AskedTime;
use crate::error::ControlError;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// The longest range.
const LONGEST: i64 = 3660 * DAY;

/// The time that is asked for.
///
/// # Errors
/// When it is none.
pub(in crate::control) fn span(asked: AskedTime<'_>, now: i64) -> Result<Span, ControlError> {
    if asked.range.is_some() && asked.from.is_some() {
        return Err(ControlError::invalid(
            "range",
            "cannot be there beside `from`; leave one out",
        ));
    }
    // The present minute is not over: what ends now belongs to it.
    let to = asked.to.map_or(now + 1, |to| to.clamp(0, now + 1));
    let from = match (asked.from, asked.range) {
        (Some(from), _) => from.max(0),
        (None, Some(text)) => to - length(text)?,
        (None, None) => to - DAY,
    };
    if from >= to || to - from > LONGEST {
        return Err(ControlError::invalid(
            "from",
            "must be before `to`, by ten years at most",
        ));
    }
    Ok(Span { from, to })
}

/// `90m`, `24h`, `7d`, `4w`.
fn length(text: &str) -> Result<i64, ControlError> {
    let wrong = || ControlError::invalid("range", "must be such as 90m, 24h, 7d or 4w, ten years at most");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let unit = match unit {
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let long = i64::from(number).saturating_mul(unit);
    (1..=LONGEST).contains(&long).then_some(long).ok_or_else(wrong)
}

/// A few hundred steps at the most.
pub(super) fn usual_step(span: Span) -> Step {
    // "Until now" may reach a millisecond further.
    let steps = [
        (6 * HOUR, Step::Minute),
        (DAY + 1, Step::FiveMinutes),
        (14 * DAY + 1, Step::Hour),
    ];
    let long = span.to - span.from;
    let fits = steps.iter().find(|(most, _)| long <= *most);
    fits.map_or(Step::Day, |(_, step)| *step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn asked<'a>(range: Option<&'a str>, from: Option<i64>, to: Option<i64>) -> AskedTime<'a> {
        AskedTime { range, from, to }
    }

    #[test]
    fn a_range_ends_now_and_a_day_is_the_usual_one() {
        for (range, long) in [
            (None, DAY),
            (Some("90m"), 90 * MINUTE),
            (Some("24h"), DAY),
            (Some("4w"), 28 * DAY),
        ] {
            let found = span(asked(range, None, None), NOW).unwrap();
            assert_eq!((found.to, found.to - found.from), (NOW + 1, long), "{range:?}");
        }
        let found = span(asked(None, Some(5), Some(9)), NOW).unwrap();
        assert_eq!(found, Span { from: 5, to: 9 });
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for range in ["", "h", "0h", "24", "-1h", "1y", "99999999d", "1é"] {
            assert!(span(asked(Some(range), None, None), NOW).is_err(), "{range}");
        }
        assert!(span(asked(None, Some(9), Some(9)), NOW).is_err());
        assert!(span(asked(Some("1h"), Some(5), None), NOW).is_err());
    }

    #[test]
    fn no_usual_step_makes_more_than_a_few_hundred_of_them() {
        for days in 1..=400 {
            let span = Span {
                from: 0,
                to: days * DAY,
            };
            assert!(span.to / usual_step(span).ms() <= 400, "{days}");
        }
    }
}
