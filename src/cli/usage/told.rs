//! The first lines of `potluck usage`: the sums of a range, and how it went.

use potluck_admin::api::{Usage, UsageClasses, UsageFigure, UsageSums, UsageTimed, UsageTimes};

use crate::cli::{amount, date, table};

/// The first lines: how much, more than before or less, how fast, and when.
pub(super) fn told(usage: &Usage, range: &str) -> String {
    let (total, sums) = (&usage.total, &usage.total.sums);
    let failed = sums.requests.saturating_sub(total.classes.ok);
    let mut first = format!(
        "{} requests in the last {range}, {} not answered ({})",
        amount::count(sums.requests),
        amount::count(failed),
        amount::share(failed, sums.requests)
    );
    if let Some(before) = usage.before {
        let (then, change) = (
            before.sums.requests,
            amount::change(sums.requests, before.sums.requests),
        );
        first.push_str(&format!("; before {} ({change})", amount::count(then)));
    }
    let mut rows = vec![("used", used(sums))];
    rows.extend(endings(&total.classes).map(|endings| ("not answered", endings)));
    rows.extend(times(&usage.times).map(|times| ("took", times)));
    rows.extend(courses(usage));
    format!("{first}\n{}", table::card(&rows))
}

fn used(sums: &UsageSums) -> String {
    let tokens = UsageFigure {
        reported: sums
            .prompt_tokens
            .reported
            .saturating_add(sums.completion_tokens.reported),
        estimated: sums
            .prompt_tokens
            .estimated
            .saturating_add(sums.completion_tokens.estimated),
        unknown: 0,
    };
    let mut parts = vec![
        format!("{} tokens", figure(&tokens)),
        format!("{} images", figure(&sums.images)),
        format!("{} Anlas", figure(&sums.anlas)),
    ];
    if sums.cost_micros.amount() > 0 {
        parts.push(format!("cost {:.4}", sums.cost_micros.amount() as f64 / 1e6));
    }
    parts.push(format!("{} answered", amount::bytes(sums.answered_bytes)));
    parts.join(", ")
}

/// With how much of it is a guess.
fn figure(figure: &UsageFigure) -> String {
    let all = amount::count(figure.amount());
    if figure.estimated == 0 {
        return all;
    }
    format!(
        "{all} ({} estimated)",
        amount::share(figure.estimated, figure.amount())
    )
}

fn endings(classes: &UsageClasses) -> Option<String> {
    let parts = [
        (classes.limited, "refused by limits"),
        (classes.refused, "refused by the relay"),
        (classes.upstream_refused, "refused by the upstream"),
        (classes.upstream_failed, "failed at the upstream"),
        (classes.unserved, "without a free key or a way"),
        (classes.left, "left by the client"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(requests, _)| *requests > 0)
        .map(|(requests, words)| format!("{} {words}", amount::count(requests)))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn times(times: &UsageTimes) -> Option<String> {
    let all = times.total?;
    let mut text = format!(
        "half {}, 90 % {}, 99 % {}",
        amount::time(all.p50_us),
        amount::time(all.p90_us),
        amount::time(all.p99_us)
    );
    if let Some(queued) = times.queued.filter(|queued| queued.p99_us > 1000) {
        let (half, most) = (amount::time(queued.p50_us), amount::time(queued.p99_us));
        text.push_str(&format!("; waited half {half}, 99 % {most}"));
    }
    if times.of == UsageTimed::Newest {
        text.push_str(&format!(" (the newest {})", times.requests));
    }
    Some(text)
}

/// Requests, and those not answered, from the left to now.
fn courses(usage: &Usage) -> Vec<(&'static str, String)> {
    let steps = steps(usage);
    if steps.is_empty() {
        return Vec::new();
    }
    let all: Vec<Option<u64>> = steps.iter().map(|step| step.map(|(all, _)| all)).collect();
    let failed: Vec<Option<u64>> = steps.iter().map(|step| step.map(|(_, failed)| failed)).collect();
    let (from, to) = (date::shown(usage.total.from), date::shown(usage.total.to));
    let mut rows = vec![("requests", format!("{}  {from} to {to}", amount::course(&all)))];
    if failed.iter().flatten().any(|failed| *failed > 0) {
        rows.push(("not answered", amount::course(&failed)));
    }
    rows
}

/// Each step of the range: requests and those not answered; `None` in a gap.
fn steps(usage: &Usage) -> Vec<Option<(u64, u64)>> {
    let step = usage.step_ms.max(1);
    let first = usage.total.from.div_euclid(step);
    let last = (usage.total.to - 1).div_euclid(step);
    let mut points = usage.points.iter().peekable();
    (first..=last)
        .map(|place| {
            let at = place * step;
            if let Some(point) = points.next_if(|point| point.at <= at) {
                return Some((point.requests, point.requests.saturating_sub(point.classes.ok)));
            }
            let unknown = usage.gaps.iter().any(|gap| gap.from <= at && at + step <= gap.to);
            (!unknown).then_some((0, 0))
        })
        .collect()
}
