//! `docs/judge.md` shows the built-in rules as they are, and names every outcome, scope, class and retry.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::*;

const PAGE: &str = include_str!("../../../../docs/judge.md");

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn listed<T>(items: &[T], shown: impl Fn(&T) -> String) -> String {
    items.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn statuses(ranges: &[RangeInclusive<u16>]) -> String {
    listed(ranges, |range| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) if first % 100 == 0 && *last == first + 99 => format!("{}xx", first / 100),
        (first, last) => format!("{first}-{last}"),
    })
}

fn when(when: &When) -> String {
    match when {
        When::Answer {
            statuses: of,
            content,
            contains,
        } => {
            let mut text = statuses(of);
            if !content.is_empty() {
                let _ = write!(text, "; {}", listed(content, |content| word(content)));
            }
            if !contains.is_empty() {
                let _ = write!(text, "; with {}", listed(contains, |text| format!("`{text}`")));
            }
            text
        }
        When::Failed {
            stages,
            timed_out,
            reused_connection,
        } => {
            let by_timeout = match timed_out {
                Some(true) => ", by a time-out",
                Some(false) => ", not by a time-out",
                None => "",
            };
            let used = match reused_connection {
                Some(true) => ", on a connection used before",
                Some(false) => ", on a new connection",
                None => "",
            };
            format!(
                "failed: {}{by_timeout}{used}",
                listed(stages, |stage| word(stage))
            )
        }
    }
}

fn table(kind: Kind) -> String {
    let mut table =
        "| when | rule | outcome | scope | cool-down | retry |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for rule in JudgeTable::for_kind(kind).rules() {
        let Verdict {
            outcome,
            scope,
            cool_down,
            retry,
            rule: name,
        } = rule.verdict;
        let _ = writeln!(
            table,
            "| {} | {name} | {} | {} | {} | {} |",
            when(&rule.when),
            word(outcome),
            word(scope),
            word(cool_down),
            word(retry)
        );
    }
    table
}

#[test]
fn the_page_shows_the_rules_of_every_kind() {
    let missing: Vec<String> = KINDS
        .into_iter()
        .map(table)
        .filter(|table| !PAGE.contains(&format!("\n{table}")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/judge.md should show:\n\n{}",
        missing.join("\n")
    );
}

#[test]
fn the_page_explains_every_word() {
    let mut words = vec![
        "ok", "client", "key", "quota", "busy", "upstream", "egress", "relay",
    ];
    words.extend([
        "none",
        "key-model",
        "node",
        "proxy",
        "conflict",
        "rate-limited",
        "server-error",
        "payment",
    ]);
    words.extend([
        "credential",
        "connect",
        "never",
        "next-key",
        "elsewhere-once",
        "send",
        "first-byte",
        "body",
    ]);
    for word in words {
        assert!(
            PAGE.contains(&format!("| `{word}` |")),
            "docs/judge.md does not explain `{word}`"
        );
    }
}
