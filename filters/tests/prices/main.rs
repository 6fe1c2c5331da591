//! The relay's prices beside what a faithful fake of the service charges.
//!
//! Invariant: no request that the fake carries out costs more than the relay said, on any account.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test's world fails loudly")]

mod requests;
mod table;

use std::cell::Cell;

use potluck_filters::cost::read_cost;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use requests::Sent;
use table::Table;

/// Compares many requests, and sees to it that enough of them were carried out, and priced to the point.
fn never_undercharged(cases: u32, requests: impl Strategy<Value = Sent>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let table = Table::laid();
    let (carried_out, to_the_point) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&requests, |sent| {
        let Ok(asked) = read_cost(sent.path, Some(sent.content_type), None, &sent.body) else {
            return Ok(());
        };
        for (charged, due) in runtime.block_on(table.compare(&sent, asked.price)) {
            prop_assert!(charged <= due, "charged {charged}, priced {due}");
            carried_out.set(carried_out.get() + 1);
            to_the_point.set(to_the_point.get() + u32::from(charged == due));
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        carried_out.get() > cases / 4,
        "only {} were carried out",
        carried_out.get()
    );
    assert!(
        to_the_point.get() > cases / 8,
        "only {} were to the point",
        to_the_point.get()
    );
}

#[test]
fn no_image_costs_more_than_the_relay_said() {
    never_undercharged(300, requests::generation());
}

#[test]
fn no_tool_costs_more_than_the_relay_said() {
    never_undercharged(200, requests::tool());
}
