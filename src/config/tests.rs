//! Tables of configurations: what is accepted, and every complaint with its place.

mod health;
mod judge;
mod plugins;
mod published;
mod rules;
mod slips;
mod sources;

use super::*;

fn parse(text: &str) -> Result<Config, Vec<String>> {
    parse_with(text, &[], &[])
}

fn parse_with(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Config, Vec<String>> {
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let flags: Vec<_> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Config::parse("c.yaml", text, &environment, &flags)
        .map_err(|problems| problems.0.iter().map(ToString::to_string).collect())
}

fn complaints(text: &str) -> Vec<String> {
    parse(text).expect_err("it was accepted")
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(complaints(text), expected, "{text}");
}

fn check_start(complaints: &[String], expected: &str) {
    assert!(
        complaints.len() == 1 && complaints[0].starts_with(expected),
        "{complaints:?}"
    );
}
