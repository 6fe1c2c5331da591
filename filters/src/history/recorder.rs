//! From what is seen to what is kept.
//!
//! The first [`PLAIN`] changes of a thing in a quarter of an hour are kept one by one. What comes after is gathered into
//! one passage, which is kept when the quarter is over.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::strip::Share;
use super::{Passage, State, Subject, Why};

/// Changes of one thing in one window that are kept one by one.
pub const PLAIN: u32 = 6;
/// The window, in milliseconds.
pub const WINDOW_MS: i64 = 15 * 60 * 1000;

/// What is known of each thing now, and what waits to be kept.
#[derive(Debug, Default)]
pub struct Recorder {
    tracks: HashMap<Subject, Track>,
    /// Those whose changes are being gathered.
    flapping: HashSet<Subject>,
    out: Vec<(Subject, Passage)>,
}

#[derive(Debug)]
struct Track {
    state: State,
    since: i64,
    window: i64,
    /// Changes in the window that were kept one by one.
    plain: u32,
    flap: Option<Flap>,
}

#[derive(Debug)]
struct Flap {
    began: i64,
    from: State,
    times: u32,
    spent: BTreeMap<State, i64>,
    why: Why,
}

impl Recorder {
    /// Takes over what was kept last of a thing.
    pub fn resume(&mut self, subject: Subject, state: State, since: i64) {
        self.tracks.insert(subject, Track::new(state, since));
    }

    /// How a thing is, as far as it is known.
    #[must_use]
    pub fn state(&self, subject: &Subject) -> Option<State> {
        self.tracks.get(subject).map(|track| track.state)
    }

    /// Since when it is like that, as far as it is known.
    #[must_use]
    pub fn since(&self, subject: &Subject) -> Option<i64> {
        self.tracks.get(subject).map(|track| track.since)
    }

    /// The things that are known, how they are, and since when.
    pub fn subjects(&self) -> impl Iterator<Item = (&Subject, State, i64)> {
        let tracks = self.tracks.iter();
        tracks.map(|(subject, track)| (subject, track.state, track.since))
    }

    /// Takes note of how a thing is. A time before what is known already counts as that.
    pub fn see(&mut self, subject: &Subject, state: State, at: i64, why: impl FnOnce() -> Why) {
        let Some(track) = self.tracks.get_mut(subject) else {
            let first = Passage {
                at,
                until: at,
                from: None,
                to: state,
                times: 1,
                spent: Vec::new(),
                why: why(),
            };
            self.tracks.insert(subject.clone(), Track::new(state, at));
            self.out.push((subject.clone(), first));
            return;
        };
        if track.state == state {
            return;
        }
        let at = at.max(track.since);
        if let Some(passage) = track.turn_to(at) {
            self.flapping.remove(subject);
            self.out.push((subject.clone(), passage));
        }
        match track.passes(state, at, why()) {
            Some(passage) => self.out.push((subject.clone(), passage)),
            None => {
                self.flapping.insert(subject.clone());
            }
        }
    }

    /// Ends the windows that are over by `now`.
    pub fn pass_time(&mut self, now: i64) {
        let Self {
            tracks,
            flapping,
            out,
        } = self;
        flapping.retain(|subject| {
            let passage = tracks.get_mut(subject).and_then(|track| track.turn_to(now));
            let goes_on = passage.is_none();
            out.extend(passage.map(|passage| (subject.clone(), passage)));
            goes_on
        });
    }

    /// Ends all windows: nobody looks any more.
    pub fn close(&mut self, now: i64) {
        for subject in std::mem::take(&mut self.flapping) {
            let passage = self
                .tracks
                .get_mut(&subject)
                .and_then(|track| track.end_flap(now));
            self.out.extend(passage.map(|passage| (subject, passage)));
        }
    }

    /// Forgets a thing of which nothing more will be seen.
    pub fn forget(&mut self, subject: &Subject) {
        self.flapping.remove(subject);
        self.tracks.remove(subject);
    }

    /// What is to be kept, in the order in which it happened to each thing.
    pub fn take(&mut self) -> Vec<(Subject, Passage)> {
        std::mem::take(&mut self.out)
    }
}

impl Track {
    fn new(state: State, since: i64) -> Self {
        Self {
            state,
            since,
            window: window(since),
            plain: 0,
            flap: None,
        }
    }

    /// Turns to the window of that moment; what was gathered until then is over.
    fn turn_to(&mut self, now: i64) -> Option<Passage> {
        if window(now) <= self.window {
            return None;
        }
        let end = (self.window + 1).saturating_mul(WINDOW_MS);
        let passage = self.end_flap(end);
        (self.window, self.plain) = (window(now), 0);
        passage
    }

    /// Goes over to another state. `None`: the change was gathered.
    fn passes(&mut self, to: State, at: i64, why: Why) -> Option<Passage> {
        let (from, stayed) = (self.state, at - self.since);
        (self.state, self.since) = (to, at);
        if let Some(flap) = &mut self.flap {
            flap.times = flap.times.saturating_add(1);
            *flap.spent.entry(from).or_default() += stayed;
            flap.why = why;
            return None;
        }
        if self.plain < PLAIN {
            self.plain += 1;
            return Some(Passage {
                at,
                until: at,
                from: Some(from),
                to,
                times: 1,
                spent: Vec::new(),
                why,
            });
        }
        self.flap = Some(Flap {
            began: at,
            from,
            times: 1,
            spent: BTreeMap::new(),
            why,
        });
        None
    }

    fn end_flap(&mut self, end: i64) -> Option<Passage> {
        let flap = self.flap.take()?;
        let end = end.max(self.since);
        let mut spent = flap.spent;
        *spent.entry(self.state).or_default() += end - self.since;
        self.since = end;
        let share = |(state, ms): (State, i64)| Share {
            state,
            ms: u64::try_from(ms).unwrap_or(0),
        };
        Some(Passage {
            at: flap.began,
            until: end,
            from: Some(flap.from),
            to: self.state,
            times: flap.times,
            spent: spent.into_iter().map(share).collect(),
            why: flap.why,
        })
    }
}

fn window(at: i64) -> i64 {
    at.div_euclid(WINDOW_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Gap, Kind, strip};

    const START: i64 = 1_790_000_100_000;

    fn key() -> Subject {
        Subject {
            kind: Kind::PoolKey,
            name: "7".into(),
            upstream: "novelai".into(),
        }
    }

    fn why() -> Why {
        Why::relay("test")
    }

    fn kept(recorder: &mut Recorder) -> Vec<Passage> {
        recorder.take().into_iter().map(|(_, passage)| passage).collect()
    }

    #[test]
    fn only_changes_are_kept() {
        let mut recorder = Recorder::default();
        for at in 0..50 {
            recorder.see(&key(), State::Healthy, START + at, why);
        }
        recorder.see(&key(), State::Cooling, START + 60, why);
        recorder.see(&key(), State::Healthy, START + 10, why);
        let kept = kept(&mut recorder);
        let told: Vec<_> = kept
            .iter()
            .map(|one| (one.from, one.to, one.at - START))
            .collect();
        assert_eq!(
            told,
            [
                (None, State::Healthy, 0),
                (Some(State::Healthy), State::Cooling, 60),
                (Some(State::Cooling), State::Healthy, 60),
            ],
            "time never runs back"
        );
    }

    #[test]
    fn a_thing_that_flaps_all_day_keeps_few_passages_and_their_times_are_true() {
        let mut recorder = Recorder::default();
        recorder.resume(key(), State::Healthy, START);
        let day = 24 * 60 * 60 * 1000;
        // A second of rest every ten.
        for turn in 0..day / 10_000 {
            recorder.see(&key(), State::Cooling, START + turn * 10_000 + 9_000, why);
            recorder.see(&key(), State::Healthy, START + turn * 10_000 + 10_000, why);
            recorder.pass_time(START + turn * 10_000 + 10_000);
        }
        recorder.close(START + day);
        let kept = kept(&mut recorder);
        assert!(kept.len() <= 97 * (PLAIN as usize + 1), "{}", kept.len());
        let times: u32 = kept.iter().map(|one| one.times).sum();
        assert_eq!(i64::from(times), day / 10_000 * 2);
        let gaps: [Gap; 0] = [];
        let strip = strip(State::Healthy, &kept, &gaps, (START, START + day), 96);
        let cooled: u64 = strip
            .iter()
            .flat_map(|segment| &segment.spent)
            .filter(|share| share.state == State::Cooling)
            .map(|share| share.ms)
            .sum();
        let truth = u64::try_from(day / 10).unwrap();
        assert!(cooled.abs_diff(truth) <= 96 * 8, "{cooled} of {truth}");
    }

    #[test]
    fn what_was_gathered_is_kept_when_its_quarter_is_over_even_if_all_is_quiet_then() {
        let mut recorder = Recorder::default();
        recorder.resume(key(), State::Healthy, START);
        for turn in 0..10 {
            recorder.see(&key(), State::Cooling, START + turn * 2000 + 1000, why);
            recorder.see(&key(), State::Healthy, START + turn * 2000 + 2000, why);
        }
        assert_eq!(kept(&mut recorder).len(), PLAIN as usize);
        recorder.pass_time(START + 30_000);
        assert_eq!(kept(&mut recorder), []);
        recorder.pass_time(START + WINDOW_MS);
        let kept = kept(&mut recorder);
        assert_eq!((kept.len(), kept[0].times), (1, 14));
        let sum: u64 = kept[0].spent.iter().map(|share| share.ms).sum();
        assert_eq!(i64::try_from(sum).unwrap(), kept[0].until - kept[0].at);
    }
}
