//! `potluck limits`: how many requests users may send, and how that comes about.

use clap::{Args, Subcommand};
use potluck_admin::api::{
    Allowance, EditLimitPolicy, EditUserLimit, EditWeights, LimitLine, LimitPolicy, LimitPreview, LimitRule,
    UserLimit,
};
use potluck_filters::limit::{Barred, Effect, NotCounted, Tier};

use super::api::Api;
use super::exit::{Exit, Failure};
use super::keys::Most;
use super::list::{self, sent, typed};
use super::{Options, print, table};

const PATH: &str = "/manage/v1/limits";

/// See the help of each.
#[derive(Debug, Subcommand)]
pub(super) enum LimitsCommand {
    /// Show how users' limits come about.
    #[command(after_help = "Examples:\n  potluck limits show\n  potluck limits show --json")]
    Show,
    /// Change how users' limits come about; the next request sees it.
    #[command(
        after_help = "Examples:\n  potluck limits set --auto --base 5 --per-key 14 --max 40\n  \
        potluck limits set --weight tablet=0.5 --weight paper=0\n  \
        potluck limits set --require-contribution yes\n  \
        potluck limits set --manual unlimited        (nobody without a rule of their own is limited)"
    )]
    Set(PolicyFlags),
    /// Say what a change would do to whom, without making it.
    #[command(after_help = "Examples:\n  potluck limits preview --auto\n  \
        potluck limits preview --per-key 7 --json")]
    Preview(PolicyFlags),
    /// Show how a user's limit came about, or give them one of their own.
    #[command(
        after_help = "Examples:\n  potluck limits user linh             (shows it)\n  \
        potluck limits user linh --manual 60\n  potluck limits user linh --auto\n  \
        potluck limits user linh --default   (as for all)"
    )]
    User(UserArgs),
}

/// What to change of the policy.
#[derive(Debug, Args)]
pub(super) struct PolicyFlags {
    /// Users without a rule of their own: from what they contribute.
    #[arg(long, conflicts_with = "manual")]
    auto: bool,
    /// Users without a rule of their own: this many requests a minute, or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N")]
    manual: Option<Most>,
    /// Requests a minute for everybody, whatever they contribute.
    #[arg(long, value_name = "N")]
    base: Option<u32>,
    /// Requests a minute for a pool key of weight 1.
    #[arg(long, value_name = "N")]
    per_key: Option<u32>,
    /// The most that comes out of that.
    #[arg(long, value_name = "N")]
    max: Option<u32>,
    /// What a key of a tier (opus, scroll, tablet, paper, other) weighs, such as `tablet=0.5`; may be given several
    /// times.
    #[arg(long = "weight", value_name = "TIER=W", value_parser = weight)]
    weights: Vec<(Tier, f64)>,
    /// Whether only contributors get `--base`: yes or no.
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    base_for_contributors_only: Option<bool>,
    /// Whether only contributors, and admins, may send requests at all: yes or no.
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    require_contribution: Option<bool>,
    /// The most client keys that a member may have.
    #[arg(long, value_name = "N")]
    keys_per_user: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    /// Their id or name.
    user: String,
    /// From what they contribute.
    #[arg(long, conflicts_with_all = ["manual", "default"])]
    auto: bool,
    /// This many requests a minute, or `unlimited`. 0 allows nothing.
    #[arg(long, value_name = "N", conflicts_with = "default")]
    manual: Option<Most>,
    /// As for all.
    #[arg(long)]
    default: bool,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}

fn weight(text: &str) -> Result<(Tier, f64), String> {
    let known = || {
        format!(
            "write TIER=WEIGHT; tiers are {}",
            Tier::ALL.map(Tier::as_str).join(", ")
        )
    };
    let (tier, weight) = text.split_once('=').ok_or_else(known)?;
    let tier = Tier::ALL.into_iter().find(|one| one.as_str() == tier);
    let weight: f64 = weight.parse().map_err(|_| known())?;
    Ok((tier.ok_or_else(known)?, weight))
}

fn rule(auto: bool, manual: Option<Most>) -> Option<LimitRule> {
    match (auto, manual) {
        (true, _) => Some(LimitRule::Auto {}),
        (false, Some(most)) => Some(LimitRule::Manual { rate_limit: most.0 }),
        (false, None) => None,
    }
}

impl PolicyFlags {
    fn edit(&self) -> Result<EditLimitPolicy, Failure> {
        let of = |tier| {
            let mut weights = self.weights.iter().rev();
            weights.find(|(one, _)| *one == tier).map(|(_, weight)| *weight)
        };
        let weights = EditWeights {
            opus: of(Tier::Opus),
            scroll: of(Tier::Scroll),
            tablet: of(Tier::Tablet),
            paper: of(Tier::Paper),
            other: of(Tier::Other),
        };
        let edit = EditLimitPolicy {
            rule: rule(self.auto, self.manual),
            base: self.base,
            per_key: self.per_key,
            max: self.max,
            base_for_contributors_only: self.base_for_contributors_only,
            require_contribution: self.require_contribution,
            weights: (!self.weights.is_empty()).then_some(weights),
            keys_per_user: self.keys_per_user,
        };
        if edit == EditLimitPolicy::default() {
            return Err(Failure::new(
                Exit::Usage,
                "nothing to change; see `potluck limits set --help`",
            ));
        }
        Ok(edit)
    }
}

impl LimitsCommand {
    pub(super) async fn run(self, api: &Api, options: &Options) -> Result<(), Failure> {
        match self {
            Self::Show => show_policy(api.get(PATH).await?, options),
            Self::Set(flags) => show_policy(api.patch(PATH, &sent(&flags.edit()?)?).await?, options),
            Self::Preview(flags) => {
                let answer = api
                    .post(&format!("{PATH}/preview"), &sent(&flags.edit()?)?)
                    .await?;
                show_preview(answer, options)
            }
            Self::User(arguments) => user(&arguments, api, options).await,
        }
    }
}

async fn user(arguments: &UserArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let id = list::id(api, "/manage/v1/users", "user", "name", &arguments.user).await?;
    let path = format!("/manage/v1/users/{id}/limit");
    let edit = match (rule(arguments.auto, arguments.manual), arguments.default) {
        (Some(rule), _) => Some(Some(rule)),
        (None, true) => Some(None),
        (None, false) => None,
    };
    let answer = if edit.is_some() {
        api.patch(&path, &sent(&EditUserLimit { rule: edit })?).await?
    } else {
        api.get(&path).await?
    };
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    show_user(answer)
}

/// A user's limit, line by line.
pub(super) fn show_user(answer: serde_json::Value) -> Result<(), Failure> {
    let limit: UserLimit = typed(answer)?;
    print::text(&table::card(&facts(&limit)));
    let rows: Vec<_> = limit.lines.iter().map(row).collect();
    print::text(&table::table(["WHAT", "ADDS", "NOTE"], &rows, ""));
    Ok(())
}

fn facts(limit: &UserLimit) -> Vec<(&'static str, String)> {
    let of = if limit.is_common_rule {
        "as for all"
    } else {
        "their own"
    };
    let mut facts = vec![
        ("requests per minute", allowance(limit.limit)),
        ("rule", format!("{} ({of})", shown_rule(limit.rule))),
        ("automatic", limit.automatic.to_string()),
    ];
    if let Some(window) = limit.window {
        facts.push(("used in the last minute", window.used.to_string()));
    }
    facts
}

fn row(line: &LimitLine) -> [String; 3] {
    match line {
        LimitLine::Base { amount } => ["for everybody".to_owned(), amount.to_string(), String::new()],
        LimitLine::OverMax { amount } => ["over the highest".to_owned(), amount.to_string(), String::new()],
        LimitLine::PoolKey {
            id,
            label,
            tier,
            weight,
            amount,
            not_counted,
        } => {
            let adds = if not_counted.is_some() {
                format!("({amount})")
            } else {
                amount.to_string()
            };
            let note = not_counted.map_or_else(String::new, |why| format!(", {}", reason(why)));
            [
                format!("pool key {id} {label}").trim_end().to_owned(),
                adds,
                format!("{} ×{weight}{note}", tier.as_str()),
            ]
        }
    }
}

fn reason(why: NotCounted) -> &'static str {
    match why {
        NotCounted::Pending => "not found to work yet",
        NotCounted::Invalid => "refused by its upstream",
        NotCounted::Paused => "paused",
        NotCounted::Withdrawn => "withdrawn",
        NotCounted::OutsideHours => "outside its hours",
        NotCounted::NeverServes => "its caps let nobody use it",
    }
}

fn shown_rule(rule: LimitRule) -> String {
    match rule {
        LimitRule::Auto {} => "auto".to_owned(),
        LimitRule::Manual { rate_limit } => {
            let most = rate_limit.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
            format!("manual, {most}")
        }
    }
}

fn allowance(allowance: Allowance) -> String {
    match (allowance.barred, allowance.rate_limit) {
        (Some(Barred::ContributionRequired), _) => "none, a contribution is required".to_owned(),
        (Some(Barred::NoContribution), _) => "none, nothing is contributed".to_owned(),
        (None, Some(most)) => most.to_string(),
        (None, None) => "unlimited".to_owned(),
    }
}

fn show_policy(answer: serde_json::Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    print::text(&table::card(&rows(&typed(answer)?)));
    Ok(())
}

fn rows(policy: &LimitPolicy) -> Vec<(&'static str, String)> {
    let weights = policy.weights;
    let yes = |flag: bool| if flag { "yes" } else { "no" }.to_owned();
    vec![
        ("rule", shown_rule(policy.rule)),
        ("base", policy.base.to_string()),
        ("per key", policy.per_key.to_string()),
        ("highest", policy.max.to_string()),
        (
            "weights",
            format!(
                "opus {}, scroll {}, tablet {}, paper {}, other {}",
                weights.opus, weights.scroll, weights.tablet, weights.paper, weights.other
            ),
        ),
        (
            "base for contributors only",
            yes(policy.base_for_contributors_only),
        ),
        ("contribution required", yes(policy.require_contribution)),
        ("client keys per member", policy.keys_per_user.to_string()),
    ]
}

fn show_preview(answer: serde_json::Value, options: &Options) -> Result<(), Failure> {
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let preview: LimitPreview = typed(answer)?;
    let users = preview.users;
    print::text(&table::card(&[
        ("users who could send no more", users.refused.to_string()),
        ("users with less", users.down.to_string()),
        ("users with more", users.up.to_string()),
        ("users as before", users.none.to_string()),
    ]));
    let rows: Vec<_> = preview
        .worst
        .iter()
        .map(|one| {
            [
                one.name.clone(),
                effect(one.effect).to_owned(),
                allowance(one.before),
                allowance(one.after),
            ]
        })
        .collect();
    print::text(&table::table(
        ["USER", "CHANGE", "BEFORE", "AFTER"],
        &rows,
        "Nothing changes for anybody.",
    ));
    Ok(())
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Refused => "none left",
        Effect::Down => "less",
        Effect::Up => "more",
        Effect::None => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_written_by_tier() {
        assert_eq!(weight("tablet=0.5"), Ok((Tier::Tablet, 0.5)));
        for text in ["tablet", "tablet=", "=1", "gold=1"] {
            assert!(weight(text).unwrap_err().contains("opus, scroll"), "{text}");
        }
    }
}
