//! Statuses as a rule names them: `418`, `5xx` or `400-499`.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// One or several HTTP statuses in a row, from 300 on: what is below is no error and passes as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub RangeInclusive<u16>);

impl FromStr for Statuses {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = range(text).ok_or_else(|| format!("`{text}` is no status; write 418, 5xx or 400-499"))?;
        if range.is_empty() || *range.start() < 300 || *range.end() > 999 {
            return Err(format!(
                "`{text}` is out of range: rules are about statuses from 300 to 999"
            ));
        }
        Ok(Self(range))
    }
}

/// Statuses in a row: `418`, `5xx` or `400-499`.
pub(in crate::config) fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let number = |text: &str| {
        let three = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| three)
    };
    if let Some(hundred) = text.strip_suffix("xx") {
        let first = number(&format!("{hundred}00"))?;
        return Some(first..=first + 99);
    }
    match text.split_once('-') {
        Some((first, last)) => Some(number(first)?..=number(last)?),
        None => number(text).map(|only| only..=only),
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.start(), self.0.end()) {
            (first, last) if first == last => first.fmt(f),
            (first, last) if first % 100 == 0 && *last == first + 99 => write!(f, "{}xx", first / 100),
            (first, last) => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_read_and_shown_in_their_shortest_form() {
        for (text, range, shown) in [
            ("418", 418..=418, "418"),
            ("5xx", 500..=599, "5xx"),
            ("400-499", 400..=499, "4xx"),
            ("502-504", 502..=504, "502-504"),
            ("300-999", 300..=999, "300-999"),
        ] {
            let statuses: Statuses = text.parse().unwrap();
            assert_eq!(
                (statuses.0.clone(), statuses.to_string().as_str()),
                (range, shown)
            );
            assert_eq!(statuses.to_string().parse::<Statuses>().unwrap(), statuses);
        }
    }

    #[test]
    fn what_is_no_error_s_status_is_refused() {
        for text in [
            "", "x", "xx", "2xx", "200", "101", "299-400", "1000", "42", "499-400", "5XX", "+418", "-",
            "400-", "4 18", "55xx", "99999",
        ] {
            assert!(text.parse::<Statuses>().is_err(), "{text}");
        }
    }
}
