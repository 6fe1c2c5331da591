//! What the end of an attempt says, and whom it blames.
//!
//! The rules are data: one table per kind, the configuration's own rules before it, the first rule that
//! matches wins, and every table ends in two verdicts that need no rule, so there is one for every end.
//!
//! Invariants: only `key`, `quota` and `busy` touch a pool key. A body pattern may excuse a key
//! everywhere, but blame it only where the status already does: error bodies echo what the client
//! sent, and no client may talk a key into a cool-down. (The operator's own rules may.)

mod cool_down;
mod correlate;
mod end;
mod http;
mod novelai;
mod openai;
mod retry_after;
mod rule;
mod rule_name;
mod shown;
mod table;
mod verdict;

pub use cool_down::CoolDownSettings;
pub use correlate::{Blame, Correlation};
pub use end::{End, Stage};
pub use retry_after::retry_after;
pub use rule::{Content, Rule, When};
pub use rule_name::RuleName;
pub use shown::{no_answer, shown};
pub use table::JudgeTable;
pub use verdict::{CoolDown, Outcome, Retry, Scope, Verdict};

#[cfg(test)]
mod tests;
