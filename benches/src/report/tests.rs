//! The report's shape, which other programs read, and its verdicts.

use clap::Parser;

use super::*;
use crate::load::Tally;

fn round(cpu: Option<f64>, latency: f64) -> Round {
    let tally = Tally {
        requests: 1000,
        rps: 30_000.0,
        p50_us: latency,
        p99_us: 2.0 * latency,
        longest_us: 9e3,
    };
    Round {
        cpu_us_per_request: cpu,
        control_us_per_request: cpu.map(|_| 7.5),
        closed: tally.clone(),
        paced: tally,
    }
}

fn measured(target: Target, cpu: Option<f64>, latency: f64) -> Measured {
    let rounds = vec![round(cpu, latency), round(cpu.map(|cpu| cpu + 2.0), latency)];
    Measured {
        target,
        identity: format!("{target:?} 1.0"),
        figures: Figures::of(rounds),
    }
}

fn report(potluck_cpu: f64) -> Report {
    let post = [
        measured(Target::Direct, None, 50.0),
        measured(Target::Nginx, Some(14.0), 80.0),
        measured(Target::PingoraBare, Some(24.0), 95.0),
        measured(Target::Potluck, Some(potluck_cpu), 100.0),
    ];
    let swapped = Swapped {
        served_after_ms: Spread::of([3.0, 4.0, 9.0]),
        changes: 3,
        slowest_request_ms: 6.0,
        slowest_request_at_rest_ms: 2.0,
    };
    let queued = Queued {
        all_after_ms: Spread::of([3_300.0, 3_250.0, 3_400.0]),
        ideal_ms: 3_200.0,
        overruns: 0,
    };
    Report::new(
        &Options::parse_from(["potluck-bench"]),
        &post,
        Some(swapped),
        Some(queued),
    )
}

#[test]
fn the_json_has_each_proxys_figures_by_scenario_and_name() {
    let json: serde_json::Value = serde_json::from_str(&report(26.0).json().unwrap()).unwrap();
    let post = &json["scenarios"]["post-1k"];
    assert_eq!(
        post.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["nginx", "pingora-bare", "potluck"]
    );
    let cpu = serde_json::json!({"median": 27.0, "min": 26.0, "max": 28.0});
    assert_eq!(post["potluck"]["cpu_us_per_request"], cpu);
    assert_eq!(post["potluck"]["control_us_per_request"]["median"], 7.5);
    assert_eq!(post["potluck"]["rps"], 30_000.0);
    assert_eq!(post["potluck"]["p50_us"], 100.0);
    assert_eq!(post["potluck"]["p99_us"], 200.0);
    assert_eq!(
        json["scenarios"]["swap-100k"]["potluck"]["served_after_ms"]["median"],
        4.0
    );
    assert_eq!(
        json["scenarios"]["queue-64"]["potluck"]["all_after_ms"]["median"],
        3_300.0
    );
    assert_eq!(json["config_sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn budgets_compare_medians_and_added_latencies() {
    let all = report(26.0).budgets;
    let find = |name| {
        all.iter()
            .find(|budget| budget.name == name)
            .map(|budget| (budget.value, budget.met))
    };
    assert_eq!(find("potluck_vs_bare"), Some((1.08, true)));
    assert_eq!(find("potluck_vs_nginx"), Some((1.8, true)));
    assert_eq!(find("added_p50_us_at_1000_rps"), Some((50.0, true)));
    assert_eq!(find("added_p99_us_at_1000_rps"), Some((100.0, true)));
    assert_eq!(find("swap_served_after_ms"), Some((9.0, true)));
    assert_eq!(find("swap_slowest_request_ms"), Some((6.0, false)));
    assert_eq!(find("queue_vs_ideal"), Some((1.03, true)));
}

#[test]
fn one_budget_that_is_not_met_is_enough() {
    let over = report(30.0);
    assert!(
        over.budgets
            .iter()
            .any(|budget| budget.name == "potluck_vs_bare" && !budget.met)
    );
    assert!(!over.within_budget());
}

#[test]
fn the_table_names_every_target_and_says_which_budget_is_not_met() {
    let table = report(30.0).table();
    for text in [
        "direct",
        "nginx",
        "pingora-bare",
        "potluck",
        "swap-100k",
        "NOT MET",
        "share these CPUs",
    ] {
        assert!(table.contains(text), "{text} is not in\n{table}");
    }
}

#[test]
fn the_hash_follows_the_configurations() {
    let mut post = vec![measured(Target::Nginx, Some(1.0), 1.0)];
    let before = hash(&post);
    assert_eq!(before, hash(&post.clone()));
    post[0].identity.push('x');
    assert_ne!(before, hash(&post));
}
