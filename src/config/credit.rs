//! How an upstream is asked what is left on each pool key, as it is written.

use potluck_filters::credit::CreditTerms;
use potluck_filters::model::Kind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::problem::Fault;
use super::upstream::Upstream;

/// How the upstream is asked what is left on each pool key. The defaults are those of the Vercel AI Gateway. How
/// often is a matter of `probe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Credit {
    /// Whether it is asked. Default: true for `openai` with pool keys; NovelAI tells its Anlas by itself.
    pub enabled: Option<bool>,
    /// The path below a node's URL that is asked with each pool key. One that answers 404 is asked once a day.
    pub path: String,
    /// Where in the answer the balance is: a JSON pointer to a number or its text, in whole units of the currency.
    pub balance: String,
    /// Where an amount is that is taken off `balance`, for upstreams that tell only what was ever paid in. Default:
    /// none.
    pub less: Option<String>,
    /// Where the amount is that was ever used: prices are learned from it even when somebody pays in. Empty for an
    /// upstream that does not tell.
    pub used: String,
}

impl Default for Credit {
    fn default() -> Self {
        Self {
            enabled: None,
            path: "/v1/credits".to_owned(),
            balance: "/balance".to_owned(),
            less: None,
            used: "/total_used".to_owned(),
        }
    }
}

impl Credit {
    /// What is asked of the upstream's pool keys; `None` where nothing is.
    pub(super) fn terms(&self, upstream: &Upstream) -> Option<CreditTerms> {
        let usual = match upstream.kind {
            Kind::Openai => upstream.is_keyed(),
            Kind::Novelai | Kind::Http => false,
        };
        self.enabled.unwrap_or(usual).then(|| CreditTerms {
            path: self.path.as_str().into(),
            balance: self.balance.as_str().into(),
            less: self.less.as_deref().map(Into::into),
            used: Some(self.used.as_str())
                .filter(|used| !used.is_empty())
                .map(Into::into),
        })
    }

    pub(super) fn check(&self, upstream: &Upstream, path: &Path, faults: &mut Vec<Fault>) {
        let path = path.key("credit");
        if self.enabled == Some(true) && upstream.kind == Kind::Novelai {
            let message = "is not for novelai, which tells the Anlas of its accounts by itself";
            faults.push(Fault::new(path.key("enabled"), message));
        }
        if self.enabled == Some(true) && !upstream.is_keyed() {
            let message = "is only for upstreams with pool keys (`keyed: true`)";
            faults.push(Fault::new(path.key("enabled"), message));
        }
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !self.path.starts_with('/') || !self.path.bytes().all(plain) {
            faults.push(Fault::new(
                path.key("path"),
                "must be a path that begins with `/`",
            ));
        }
        let pointers = [("balance", &self.balance), ("used", &self.used)];
        let less = self.less.iter().map(|less| ("less", less));
        for (key, pointer) in pointers.into_iter().chain(less) {
            if !(pointer.starts_with('/') || pointer.is_empty() && key == "used") {
                let message = "must be a JSON pointer such as `/data/balance`";
                faults.push(Fault::new(path.key(key), message));
            }
        }
    }
}
