use proptest::prelude::*;

use super::*;

fn settings() -> HealthSettings {
    HealthSettings {
        unhealthy_after: 3,
        healthy_after: 2,
        slow_start: Duration::from_secs(10),
        ..HealthSettings::default()
    }
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn checked(well: bool) -> Checked {
    Checked {
        result: if well { Ok(()) } else { Err(Ailment::TimedOut) },
        status: None,
        took: Duration::from_millis(5),
    }
}

#[test]
fn a_node_falls_after_three_failures_in_a_row_and_rises_after_two_successes() {
    let (mut health, settings) = (Health::default(), settings());
    let seen: Vec<_> = [
        true, false, false, true, false, false, false, true, false, true, true,
    ]
    .into_iter()
    .zip(0..)
    .map(|(well, second)| {
        health.observe(checked(well), &settings, at(second));
        health.condition()
    })
    .collect();
    use Condition::{Healthy, Recovering, Unhealthy};
    let expected = [
        Healthy, Healthy, Healthy, Healthy, Healthy, Healthy, Unhealthy, Unhealthy, Unhealthy, Unhealthy,
        Recovering,
    ];
    assert_eq!(seen, expected);
    assert_eq!(health.since(), at(10));
    assert!(!health.tick(&settings, at(19)));
    assert!(health.tick(&settings, at(20)));
    assert_eq!(health.condition(), Healthy);
}

#[test]
fn a_node_that_comes_back_gets_its_share_little_by_little() {
    let (mut health, settings) = (Health::default(), settings());
    for (well, second) in [(false, 0), (false, 1), (false, 2), (true, 3), (true, 4)] {
        health.observe(checked(well), &settings, at(second));
    }
    let share = |second| health.share(&settings, at(second));
    assert!((share(4) - 0.1).abs() < 1e-3);
    assert!((share(9) - 0.55).abs() < 1e-3);
    assert!((share(14) - 1.0).abs() < 1e-3);
    assert!((share(99) - 1.0).abs() < 1e-3);
}

#[test]
fn one_failure_says_nothing_yet_of_a_node_that_nobody_knows() {
    let (mut health, settings) = (Health::default(), settings());
    assert!(!health.observe(checked(false), &settings, at(0)));
    assert_eq!(health.condition(), Condition::Unknown);
    assert!(health.observe(checked(true), &settings, at(1)));
    assert_eq!(health.condition(), Condition::Healthy);
}

#[test]
fn a_way_that_no_outbound_proxy_opens_says_nothing_about_the_node() {
    let (mut health, settings) = (Health::default(), settings());
    let closed = Checked {
        result: Err(Ailment::Egress),
        ..checked(false)
    };
    for second in 0..9 {
        assert!(!health.observe(closed, &settings, at(second)));
    }
    assert_eq!(health.condition(), Condition::Unknown);
    assert_eq!(
        health.last().map(|(last, _)| last.result),
        Some(Err(Ailment::Egress))
    );
    // Nor does it break a row of failures.
    for (second, check) in (10..).zip([checked(false), checked(false), closed, checked(false)]) {
        health.observe(check, &settings, at(second));
    }
    assert_eq!(health.condition(), Condition::Unhealthy);
}

#[test]
fn an_answer_is_judged_by_status_and_body() {
    let settings = HealthSettings {
        expect_status: vec![200..=204, 418..=418],
        expect_body: Some("ready".into()),
        ..HealthSettings::default()
    };
    assert_eq!(settings.judge(200, b"i am ready."), Ok(()));
    assert_eq!(settings.judge(418, b"ready"), Ok(()));
    assert_eq!(settings.judge(200, b"not yet"), Err(Ailment::Body));
    assert_eq!(settings.judge(302, b"ready"), Err(Ailment::Status(302)));
    assert_eq!(
        HealthSettings::default().judge(301, b""),
        Err(Ailment::Status(301))
    );
    assert_eq!(HealthSettings::default().judge(204, b""), Ok(()));
}

#[test]
fn with_too_few_well_all_are_used() {
    let half = settings();
    assert!(!panics(2, 4, &half) && panics(1, 4, &half) && panics(0, 1, &half));
    let never = HealthSettings {
        panic_threshold: 0,
        ..settings()
    };
    assert!(!panics(0, 4, &never));
}

proptest! {
    #[test]
    fn checks_come_within_their_spread(chance in 0.0..1.0_f64, spread in 0_u8..=100) {
        let settings = HealthSettings { spread, ..settings() };
        let part = f64::from(spread) / 100.0;
        let next = next_check(&settings, at(0), chance).millis() as f64;
        prop_assert!(next >= 10_000.0 * (1.0 - part) - 1.0 && next <= 10_000.0 * (1.0 + part) + 1.0);
        prop_assert!(first_check(&settings, at(0), chance).millis() as f64 <= 10_000.0 * part + 1.0);
    }

    #[test]
    fn a_condition_changes_only_after_enough_equal_results(results in prop::collection::vec(any::<bool>(), 1..60)) {
        let (mut health, settings) = (Health::default(), settings());
        for (second, well) in results.iter().enumerate() {
            let before = health.condition();
            health.tick(&settings, at(second as u64));
            let ticked = health.condition();
            health.observe(checked(*well), &settings, at(second as u64));
            let after = health.condition();
            let streak = results[..=second].iter().rev().take_while(|other| *other == well).count();
            if ticked != after {
                let allowed = match after {
                    Condition::Unhealthy => !well && streak >= 3,
                    Condition::Recovering => *well && streak >= 2 && ticked == Condition::Unhealthy,
                    Condition::Healthy => *well && ticked == Condition::Unknown,
                    Condition::Unknown => false,
                };
                prop_assert!(allowed, "{:?} to {:?} after {} in a row", ticked, after, streak);
            }
            prop_assert!(before == ticked || (before, ticked) == (Condition::Recovering, Condition::Healthy));
            let share = health.share(&settings, at(second as u64));
            prop_assert!((0.1..=1.0).contains(&share));
        }
    }
}
