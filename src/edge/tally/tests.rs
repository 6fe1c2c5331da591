use super::*;

fn ended(tally: &Tally, status: Option<u16>, answered: bool) {
    tally.ended(&End {
        status: status.map(|status| StatusCode::from_u16(status).unwrap()),
        answered,
        bytes: 7,
        times: Times {
            queued: 0,
            first_byte: Some(2_000),
            total: 3_000,
            own: Some(60),
        },
    });
}

fn of(tally: &Tally, source: &str, class: &str) -> u64 {
    let mut all = tally.requests();
    all.find(|(s, c, _)| (*s, *c) == (source, class)).unwrap().2
}

#[test]
fn each_request_counts_once_by_who_answered_and_how() {
    let tally = Tally::default();
    for status in [101, 200, 204, 304, 404, 599] {
        ended(&tally, Some(status), true);
    }
    ended(&tally, Some(429), false);
    ended(&tally, Some(200), false);
    ended(&tally, None, false);
    assert_eq!(of(&tally, "upstream", "1xx"), 1);
    assert_eq!(of(&tally, "upstream", "2xx"), 2);
    assert_eq!(of(&tally, "upstream", "3xx"), 1);
    assert_eq!(of(&tally, "upstream", "4xx"), 1);
    assert_eq!(of(&tally, "upstream", "5xx"), 1);
    assert_eq!(of(&tally, "relay", "4xx"), 1);
    assert_eq!(of(&tally, "relay", "2xx"), 1);
    assert_eq!(of(&tally, "upstream", "none"), 1, "the client was gone first");
    assert_eq!(tally.requests().map(|(_, _, number)| number).sum::<u64>(), 9);
    assert_eq!(tally.answer_bytes(), 63);
    let count = |spread: Spread| spread.buckets.iter().map(|(_, met)| met).sum::<u64>();
    assert_eq!(count(tally.total()), 9);
    assert_eq!(count(tally.first_byte()), 6);
    assert_eq!(count(tally.own()), 4, "of answers that were well");
}

#[test]
fn a_tally_outlives_the_upstream_that_counts_there() {
    let tallies = Tallies::default();
    let name = Arc::from("gpu");
    tallies.of(&name).tried(&Verdict::ok("test"));
    let again = tallies.of(&Arc::from("gpu"));
    assert_eq!(again.attempts().next(), Some((Outcome::Ok, 1)));
    assert_eq!(tallies.all().len(), 2);
}

#[test]
fn refusals_are_counted_by_code() {
    let tallies = Tallies::default();
    for code in Code::ALL {
        tallies.refused(*code);
    }
    tallies.refused(Code::NotFound);
    assert_eq!(tallies.refusals().count(), Code::ALL.len());
    let mut refusals = tallies.refusals();
    assert_eq!(
        refusals.find(|(code, _)| *code == Code::NotFound),
        Some((Code::NotFound, 2))
    );
}
