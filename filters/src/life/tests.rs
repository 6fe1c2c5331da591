//! Every cell of the state table against `docs/pool-keys.md`, and the machine's promises on random walks.

use proptest::prelude::*;

use super::*;

const SPAN: Duration = Duration::from_secs(8);
const NOW: Moment = Moment::from_millis(1_000_000);
const REST_ENDS: Moment = Moment::from_millis(1_005_000);

fn states() -> [State; 8] {
    let until = REST_ENDS;
    [
        State::Pending,
        State::Healthy,
        State::Cooling { until },
        State::Drained { until },
        State::Suspect { until },
        State::Invalid,
        State::Paused,
        State::Withdrawn,
    ]
}

fn events() -> [(&'static str, Event); 12] {
    [
        ("served", Event::Served),
        ("failed", Event::Rest(SPAN)),
        ("ran dry", Event::Dry(SPAN)),
        ("refused", Event::Refused(SPAN)),
        ("probe: well", Event::ProbedWell),
        ("probe: refused", Event::ProbedRefused),
        ("probe: no answer", Event::ProbeFailed),
        ("rest is over", Event::Tick),
        ("pause", Event::Pause),
        ("resume", Event::Resume),
        ("check", Event::Recheck),
        ("withdraw", Event::Withdraw),
    ]
}

fn word(state: State) -> String {
    let shown = serde_json::to_value(state).unwrap();
    shown["state"].as_str().unwrap().to_owned()
}

/// The table as the page has it: what does not change is left empty.
fn table() -> String {
    let heads: String = events().iter().map(|(name, _)| format!(" {name} |")).collect();
    let rule: String = events().iter().map(|_| " --- |").collect();
    let row = |from: State| {
        let cell = |(_, event): (_, Event)| {
            let now = if event == Event::Tick { REST_ENDS } else { NOW };
            let to = word(from.after(event, now));
            if to == word(from) {
                " |".to_owned()
            } else {
                format!(" {to} |")
            }
        };
        let cells: String = events().into_iter().map(cell).collect();
        format!("| **{}** |{cells}\n", word(from))
    };
    let rows: String = states().into_iter().map(row).collect();
    format!("| state |{heads}\n| --- |{rule}\n{rows}")
}

#[test]
fn the_published_table_is_what_the_machine_does() {
    let page = include_str!("../../../docs/pool-keys.md");
    let table = table();
    assert!(page.contains(&table), "docs/pool-keys.md should hold:\n{table}");
}

#[test]
fn each_automatic_state_has_a_timer_or_a_probe_out() {
    for state in states() {
        let by_people = matches!(state, State::Paused | State::Withdrawn);
        assert_ne!(
            by_people,
            state.wants_probe() || state.until().is_some(),
            "{state:?}"
        );
    }
}

#[test]
fn only_a_healthy_key_serves_and_one_whose_rest_is_over() {
    for state in states() {
        assert_eq!(state.serves(NOW), state == State::Healthy, "{state:?}");
        let rests = state.until().is_some();
        assert_eq!(
            state.serves(REST_ENDS),
            rests || state == State::Healthy,
            "{state:?}"
        );
    }
}

#[test]
fn a_key_that_served_needs_two_refusals_and_a_new_one_needs_one() {
    let once = State::Healthy.after(Event::ProbedRefused, NOW);
    assert_eq!(
        once,
        State::Suspect {
            until: NOW + SUSPICION
        }
    );
    assert_eq!(once.after(Event::ProbedRefused, NOW), State::Invalid);
    let late = once.after(Event::ProbedRefused, NOW + SUSPICION);
    assert_eq!(word(late), "suspect", "an old doubt does not count");
    let reported = State::Healthy.after(Event::Refused(SPAN), NOW);
    assert_eq!(reported.after(Event::ProbedRefused, NOW), State::Invalid);
    assert_eq!(State::Pending.after(Event::ProbedRefused, NOW), State::Invalid);
}

#[test]
fn a_doubt_does_not_shorten_a_long_rest() {
    let until = NOW + SUSPICION * 3;
    let doubted = State::Drained { until }.after(Event::ProbedRefused, NOW);
    assert_eq!(doubted, State::Suspect { until });
}

#[test]
fn what_is_not_the_keys_fault_is_no_event() {
    for (outcome, event) in [
        (Outcome::Ok, Some(Event::Served)),
        (Outcome::Busy, Some(Event::Rest(SPAN))),
        (Outcome::Quota, Some(Event::Dry(SPAN))),
        (Outcome::Key, Some(Event::Refused(SPAN))),
        (Outcome::Client, None),
        (Outcome::Upstream, None),
        (Outcome::Egress, None),
        (Outcome::Relay, None),
    ] {
        assert_eq!(Event::of(outcome, SPAN), event, "{outcome:?}");
    }
}

#[test]
fn what_is_stored_comes_back_as_the_same_without_its_rest() {
    for state in states() {
        let back = State::from(state.stored());
        let expected = if state.until().is_some() {
            State::Healthy
        } else {
            state
        };
        assert_eq!(back, expected);
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let span = (0_u64..7_200).prop_map(Duration::from_secs);
    prop_oneof![
        Just(Event::Served),
        span.clone().prop_map(Event::Rest),
        span.clone().prop_map(Event::Dry),
        span.prop_map(Event::Refused),
        Just(Event::ProbedWell),
        Just(Event::ProbedRefused),
        Just(Event::ProbeFailed),
        Just(Event::Tick),
        Just(Event::Pause),
        Just(Event::Resume),
        Just(Event::Recheck),
        // Rare, since nothing happens after it.
        (0_u8..20).prop_map(|n| if n == 0 { Event::Withdraw } else { Event::Tick }),
    ]
}

/// Events with the seconds that pass before each.
fn walk() -> impl Strategy<Value = Vec<(u64, Event)>> {
    proptest::collection::vec((0_u64..600, any_event()), 0..60)
}

/// What attempts and failed probes can say, which never brings a rest forward.
fn shortens_nothing(event: Event) -> bool {
    match event {
        Event::Served
        | Event::Rest(_)
        | Event::Dry(_)
        | Event::Refused(_)
        | Event::ProbedRefused
        | Event::ProbeFailed
        | Event::Tick => true,
        Event::ProbedWell | Event::Pause | Event::Resume | Event::Recheck | Event::Withdraw => false,
    }
}

fn check_step(before: State, event: Event, after: State, now: Moment) -> Result<(), TestCaseError> {
    if before == State::Withdrawn {
        prop_assert_eq!(after, State::Withdrawn);
    }
    if before == State::Paused {
        prop_assert!(matches!(after, State::Paused | State::Pending | State::Withdrawn));
    }
    if let Some(until) = before.until()
        && until > now
        && shortens_nothing(event)
    {
        let out_of_service = matches!(after, State::Invalid);
        prop_assert!(
            out_of_service || after.until() >= Some(until),
            "{before:?} {event:?} {after:?}"
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn wherever_a_walk_ends_time_and_a_probe_lead_back(walk in walk()) {
        let (mut state, mut now) = (State::Pending, Moment::default());
        for (seconds, event) in walk {
            now = now + Duration::from_secs(seconds);
            let after = state.after(event, now);
            check_step(state, event, after, now)?;
            state = after;
        }
        if state == State::Paused {
            state = state.after(Event::Resume, now);
        }
        let later = state.until().unwrap_or(now).max(now);
        let back = state.after(Event::Tick, later).after(Event::ProbedWell, later);
        let expected = if state == State::Withdrawn { State::Withdrawn } else { State::Healthy };
        prop_assert_eq!(back, expected);
    }
}
