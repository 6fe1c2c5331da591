//! The report as a table.

use std::fmt::Write as _;

use super::{Figures, Report, Scene};

/// Everything on one screen. Writing to a `String` cannot fail, so the results are not looked at.
pub(super) fn of(report: &Report) -> String {
    let mut out = String::new();
    if let Some(scenes) = report.scenarios.get("post-1k") {
        let _ = writeln!(
            out,
            "post-1k: 1 KiB POST, keep-alive, 64 connections; {} rounds of {} s, medians (CPU: median, min to max)\n",
            report.rounds, report.seconds
        );
        let _ = writeln!(out, "{}", HEAD.trim_start_matches('\n'));
        let direct = report.direct.iter().map(|figures| ("direct", figures));
        let proxies = scenes.iter().filter_map(|(name, scene)| match scene {
            Scene::Post(figures) => Some((*name, &**figures)),
            Scene::Swap(_) | Scene::Queue(_) => None,
        });
        for (name, figures) in direct.chain(proxies) {
            let _ = writeln!(out, "{}", line(name, figures, report.direct.as_ref()));
        }
    }
    for scenes in report.scenarios.values() {
        let sentences = scenes.values().filter_map(sentence);
        sentences.for_each(|sentence| {
            let _ = writeln!(out, "\n{sentence}");
        });
    }
    let _ = writeln!(out);
    for budget in &report.budgets {
        let verdict = if budget.met { "met" } else { "NOT MET" };
        let _ = writeln!(
            out,
            "budget {:<26} {:>8.2}  limit {:>6.2}  {verdict}",
            budget.name, budget.value, budget.limit
        );
    }
    let machine = &report.machine;
    let _ = writeln!(
        out,
        "\n{} CPUs ({}), Linux {}: {}",
        machine.cpus, machine.cpu, machine.kernel, machine.note
    );
    let _ = writeln!(out, "configuration {}", report.config_sha256);
    out
}

/// A scenario in one sentence; `post-1k` has a table.
fn sentence(scene: &Scene) -> Option<String> {
    match scene {
        Scene::Post(_) => None,
        Scene::Swap(swap) => Some(format!(
            "swap-100k: a change of one of 100 000 client keys was served after {:.1} ms ({:.1} to {:.1}, {} changes); \
             slowest request meanwhile {:.2} ms ({:.2} without changes)",
            swap.served_after_ms.median,
            swap.served_after_ms.min,
            swap.served_after_ms.max,
            swap.changes,
            swap.slowest_request_ms,
            swap.slowest_request_at_rest_ms
        )),
        Scene::Queue(queue) => Some(format!(
            "queue-64: 64 images at once on 4 accounts were made after {:.0} ms ({:.0} to {:.0}); {:.0} at best",
            queue.all_after_ms.median, queue.all_after_ms.min, queue.all_after_ms.max, queue.ideal_ms
        )),
    }
}

const HEAD: &str = "
                    CPU µs/request   books     as fast as answers come      at 1 000 req/s
                median    min    max  median       req/s   p50 µs   p99 µs    p50 µs  p99 µs  added p50  p99";

fn line(name: &str, figures: &Figures, direct: Option<&Figures>) -> String {
    let cpu = figures.cpu_us_per_request.map_or_else(
        || format!("{:>6} {:>6} {:>6}", "-", "-", "-"),
        |cpu| format!("{:>6.1} {:>6.1} {:>6.1}", cpu.median, cpu.min, cpu.max),
    );
    let (paced, floor) = (
        figures.at_1000_rps,
        direct.map_or(figures.at_1000_rps, |direct| direct.at_1000_rps),
    );
    let control = figures.control_us_per_request.filter(|control| control.max > 0.0);
    let control = control.map_or_else(|| "-".to_owned(), |control| format!("{:.1}", control.median));
    format!(
        "{name:<15} {cpu}  {control:>6} {:>10.0} {:>8.0} {:>8.0}  {:>8.0} {:>7.0}  {:>9.0} {:>4.0}",
        figures.rps,
        figures.p50_us,
        figures.p99_us,
        paced.p50_us,
        paced.p99_us,
        paced.p50_us - floor.p50_us,
        paced.p99_us - floor.p99_us
    )
}
