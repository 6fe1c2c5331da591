//! What answers say, what follows, and when a key is asked again.

use super::*;
use crate::judge::Stage;
use proptest::prelude::*;

const NOW: i64 = 1_790_000_000_000;
const AT: Moment = Moment::from_millis(5_000_000);
const LIVE: &str = r#"{"tier":3,"active":true,"paymentProcessor":"x","expiresAt":1790000000,
    "perks":{"maxPriorityActions":1000,"contextTokens":8192},
    "trainingStepsLeft":{"fixedTrainingStepsLeft":9646,"purchasedTrainingSteps":354},
    "accountType":0,"usage":{"percent":97,"isNegative":false,"timeUntilNextPercent":7888}}"#;

fn read(status: u16, content_type: &str, body: &str) -> Found {
    let end = End::Answer {
        status,
        content_type: Some(content_type),
        body: body.as_bytes(),
    };
    Reader::default().read(&end, NOW)
}

fn settings() -> Settings {
    Settings {
        enabled: true,
        interval: Duration::from_secs(600),
        spread: 20,
        per_minute: NonZeroU32::new(60).unwrap(),
        timeout: Duration::from_secs(15),
    }
}

fn seconds(state: State, streak: u32, why: Option<Refusal>, chance: f64) -> Option<u64> {
    pause(state, streak, why, &settings(), chance).map(|pause| pause.as_secs())
}

#[test]
fn a_live_answer_is_read_whole() {
    let account = Account {
        tier: 3,
        active: true,
        anlas: 10_000,
        battery: Some(97),
        battery_negative: false,
        expires_at: Some(1_790_000_000),
        checked_at: NOW,
    };
    assert_eq!(read(200, "application/json", LIVE), Found::Well(account));
    let nested = format!(r#"{{"priority":{{}},"subscription":{LIVE}}}"#);
    assert_eq!(read(200, "application/json", &nested), Found::Well(account));
}

#[test]
fn missing_legacy_and_odd_fields_do_no_harm() {
    let told = |body: &str| read_subscription(body.as_bytes(), NOW).map(|a| (a.tier, a.active, a.anlas));
    for (body, figures) in [
        (r#"{"tier":0,"active":false,"expiresAt":0}"#, Some((0, false, 0))),
        (
            r#"{"perks":{"unlimitedImageGeneration":true},"active":true}"#,
            Some((3, true, 0)),
        ),
        (
            r#"{"tier":1.0,"trainingStepsLeft":{"purchasedTrainingSteps":7}}"#,
            Some((1, false, 7)),
        ),
        (
            r#"{"tier":2,"trainingStepsLeft":12,"usage":null}"#,
            Some((2, false, 12)),
        ),
        (
            r#"{"tier":-1,"trainingStepsLeft":{"fixedTrainingStepsLeft":-9}}"#,
            Some((0, false, 0)),
        ),
        (
            r#"{"tier":99999,"trainingStepsLeft":{"fixedTrainingStepsLeft":9e99,"purchasedTrainingSteps":1}}"#,
            Some((255, false, u32::MAX)),
        ),
        (r#"{"tier":"3","active":"yes"}"#, None),
        (r#"{"error":"no"}"#, None),
        ("[]", None),
        ("7", None),
        ("", None),
    ] {
        assert_eq!(told(body), figures, "{body}");
    }
    let negative = r#"{"tier":3,"active":true,"usage":{"percent":-4,"isNegative":true}}"#;
    let account = read_subscription(negative.as_bytes(), NOW).unwrap();
    assert_eq!((account.battery, account.battery_negative), (Some(-4), true));
}

#[test]
fn an_address_is_read_where_there_is_one() {
    let address = |body: &str| read_address(body.as_bytes());
    assert_eq!(
        address(r#"{"plainTextEmail":"Guest@Example.com"}"#).as_deref(),
        Some("guest@example.com")
    );
    for none in [
        "",
        "{}",
        r#"{"plainTextEmail":""}"#,
        r#"{"plainTextEmail":null}"#,
        "<html>",
    ] {
        assert_eq!(address(none), None, "{none}");
    }
}

#[test]
fn each_end_of_a_probe_is_told_apart() {
    const JSON: &str = "application/json";
    const HTML: &str = "text/html; charset=UTF-8";
    let nothing = Found::Nothing;
    let moved = "Please refresh NovelAI.net. If using a third-party tool, update to the image URL.";
    let no_pst = "Usage of persistent access tokens is not allowed for this endpoint";
    let json = |status: u16, text: &str| format!(r#"{{"statusCode":{status},"message":"{text}"}}"#);
    for (status, kind, body, found) in [
        (
            401,
            JSON,
            json(401, "Unauthorized"),
            Found::Refused(Refusal::Unauthorized),
        ),
        (401, JSON, json(401, no_pst), nothing(Lesson::TokenNotAllowed)),
        (401, HTML, "<html>".to_owned(), nothing(Lesson::Egress)),
        (400, JSON, json(400, moved), nothing(Lesson::WrongHost)),
        (200, JSON, format!("\"{moved}\""), nothing(Lesson::WrongHost)),
        (
            200,
            HTML,
            format!("<p>{}</p>", moved.to_uppercase()),
            nothing(Lesson::WrongHost),
        ),
        (
            200,
            HTML,
            "<html>hello</html>".to_owned(),
            nothing(Lesson::Egress),
        ),
        (200, JSON, "{}".to_owned(), nothing(Lesson::Unreadable)),
        (302, HTML, String::new(), nothing(Lesson::WrongHost)),
        (
            403,
            HTML,
            "<html>cloudflare</html>".to_owned(),
            nothing(Lesson::Egress),
        ),
        (403, JSON, json(403, "Forbidden"), nothing(Lesson::Unreadable)),
        (429, HTML, "<html>".to_owned(), nothing(Lesson::Egress)),
        (429, JSON, json(429, "Rate limited."), nothing(Lesson::Busy)),
        (404, JSON, json(404, "Not Found"), nothing(Lesson::Unreadable)),
        (
            500,
            JSON,
            json(500, "Internal Server Error"),
            nothing(Lesson::Unreadable),
        ),
        (502, HTML, "<html>".to_owned(), nothing(Lesson::Upstream)),
        (522, HTML, "<html>".to_owned(), nothing(Lesson::Upstream)),
    ] {
        assert_eq!(read(status, kind, &body), found, "{status} {body}");
    }
    let silent = End::Failed {
        stage: Stage::FirstByte,
        timed_out: true,
        reused_connection: false,
    };
    assert_eq!(Reader::default().read(&silent, NOW), nothing(Lesson::Upstream));
}

fn steps(from: State, found: &[Found]) -> (State, u32) {
    let mut known = Known {
        state: from,
        streak: 0,
    };
    for one in found {
        known = known.after(one, AT);
    }
    (known.state, known.streak)
}

#[test]
fn a_key_becomes_invalid_by_agreement_only() {
    let well = read(200, "application/json", LIVE);
    let (refused, nothing) = (
        Found::Refused(Refusal::Unauthorized),
        Found::Nothing(Lesson::Upstream),
    );
    let suspect = State::Suspect {
        until: AT + crate::life::SUSPICION,
    };
    assert_eq!(steps(State::Pending, &[refused]), (State::Invalid, 1));
    assert_eq!(steps(State::Pending, &[nothing, nothing]), (State::Pending, 2));
    assert_eq!(steps(State::Healthy, &[refused]), (suspect, 1));
    assert_eq!(
        steps(State::Healthy, &[refused, nothing, refused]),
        (State::Invalid, 1)
    );
    assert_eq!(steps(State::Healthy, &[refused, well, refused]), (suspect, 1));
    assert_eq!(
        steps(State::Invalid, &[refused, refused, nothing]),
        (State::Invalid, 2)
    );
    assert_eq!(steps(State::Invalid, &[refused, well]), (State::Healthy, 0));
    for final_word in [Refusal::LoginRefused, Refusal::SameAccount] {
        let found = Found::Refused(final_word);
        assert_eq!(steps(State::Healthy, &[found]), (State::Invalid, 1));
        assert_eq!(steps(State::Paused, &[found]).0, State::Paused);
    }
}

#[test]
fn a_key_that_is_well_is_asked_each_interval_more_or_less() {
    assert_eq!(seconds(State::Healthy, 0, None, 0.0), Some(480));
    assert_eq!(seconds(State::Healthy, 0, None, 0.5), Some(600));
    assert_eq!(seconds(State::Healthy, 0, None, 1.0), Some(720));
}

#[test]
fn more_keys_than_the_pace_allows_are_asked_less_often() {
    let minutes = |keys| interval(keys, &settings()).as_secs() / 60;
    assert_eq!((minutes(0), minutes(480), minutes(1000)), (10, 10, 20));
    assert!(minutes(usize::MAX) > minutes(1_000_000));
}

#[test]
fn doubt_is_followed_up_soon_and_then_ever_later() {
    for (state, streak, why, pause) in [
        (State::Pending, 0, None, Some(0)),
        (State::Pending, 1, None, Some(30)),
        (State::Pending, 3, None, Some(120)),
        (State::Pending, 99, None, Some(600)),
        (State::Suspect { until: AT }, 1, None, Some(30)),
        (State::Healthy, 2, None, Some(60)),
        (State::Invalid, 1, Some(Refusal::Unauthorized), Some(600)),
        (State::Invalid, 2, Some(Refusal::Unauthorized), Some(1200)),
        (State::Invalid, 99, None, Some(6 * 3600)),
        (State::Paused, 0, None, None),
        (State::Withdrawn, 0, None, None),
    ] {
        assert_eq!(seconds(state, streak, why, 0.5), pause, "{state:?} {streak}");
    }
}

#[test]
fn after_a_refused_login_an_hour_passes_at_least() {
    for (streak, chance) in [(1, 0.0), (1, 1.0), (2, 0.0), (50, 0.0)] {
        let pause = seconds(State::Invalid, streak, Some(Refusal::LoginRefused), chance).unwrap();
        assert!((3600..=8 * 3600).contains(&pause), "{pause}");
    }
}

#[test]
fn requests_go_out_evenly_spaced() {
    let mut slots = Slots::per_minute(NonZeroU32::new(60).unwrap());
    assert_eq!(slots.take(NOW), Ok(()));
    assert_eq!(slots.take(NOW), Err(NOW + 1000));
    assert_eq!(slots.take(NOW + 999), Err(NOW + 1000));
    assert_eq!(slots.take(NOW + 1000), Ok(()));
    assert_eq!(slots.take(NOW + 60_000), Ok(()));
    assert_eq!(
        slots.take(NOW),
        Err(NOW + 1000),
        "a clock set back delays by one gap"
    );
}

proptest! {
    #[test]
    fn no_body_is_too_odd_to_be_read(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (read_subscription(&body, NOW), read_address(&body), crate::login::read_answer(&body));
    }

    #[test]
    fn a_minute_never_sees_more_than_its_bound(
        most in 1_u32..200,
        steps in proptest::collection::vec(0_i64..2_000, 1..400),
    ) {
        let mut slots = Slots::per_minute(NonZeroU32::new(most).unwrap());
        let (mut now, mut taken) = (NOW, Vec::new());
        for step in steps {
            now += step;
            if slots.take(now).is_ok() {
                taken.push(now);
            }
        }
        for (at, first) in taken.iter().enumerate() {
            let within = taken[at..].iter().filter(|time| **time - first < 60_000).count();
            prop_assert!(within <= most as usize + 1);
        }
    }

    #[test]
    fn a_pause_never_leaves_its_bounds(streak in 0_u32..200, chance in 0.0..1.0_f64) {
        for state in [State::Pending, State::Healthy, State::Invalid] {
            let pause = pause(state, streak, None, &settings(), chance).unwrap();
            prop_assert!(pause <= Duration::from_secs(6 * 3600).mul_f64(1.2));
        }
    }
}
