//! `potluck settings show --effective`: what the relay runs with, and where each setting came from.

use clap::Args;
use potluck_admin::api::{Effective, EffectiveSetting, SecretSetting, SettingChange, SettingSource};
use serde_json::{Value, json};

use crate::cli::api::Api;
use crate::cli::exit::Failure;
use crate::cli::list::typed;
use crate::cli::{Options, print, table};

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// Show everything that the relay runs with: each setting with where it came from, and what it takes to change it.
    #[arg(long)]
    pub(super) effective: bool,
    /// Only what is not as the program would do by itself.
    #[arg(long, requires = "effective")]
    changed: bool,
    /// Only settings whose name begins so, like `limits` or `upstreams.novelai`.
    #[arg(value_name = "PREFIX", requires = "effective")]
    prefix: Option<String>,
}

pub(super) async fn run(args: &ShowArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let mut shown: Effective = typed(api.get("/manage/v1/settings/effective").await?)?;
    shown.settings.retain(|setting| args.wants(setting));
    if options.json {
        print::json(&json!(shown));
        return Ok(());
    }
    let rows: Vec<_> = shown.settings.iter().map(row).collect();
    let headings = ["SETTING", "VALUE", "FROM", "CHANGE"];
    print::text(&table::table(headings, &rows, "No settings fit."));
    if args.prefix.is_none() {
        let rows: Vec<_> = shown.secrets.iter().map(secret).collect();
        print::line("");
        print::text(&table::table(["SECRET", "IS", "FROM"], &rows, "No secrets."));
    }
    Ok(())
}

impl ShowArgs {
    fn wants(&self, setting: &EffectiveSetting) -> bool {
        let named = self
            .prefix
            .as_ref()
            .is_none_or(|prefix| setting.key.starts_with(prefix));
        named && !(self.changed && setting.is_default)
    }
}

fn row(setting: &EffectiveSetting) -> [String; 4] {
    let change = match setting.change {
        SettingChange::Online => "online",
        SettingChange::Restart => "restart",
    };
    let from = match setting.source {
        SettingSource::Default => "default".to_owned(),
        SettingSource::Online => "edited online".to_owned(),
        SettingSource::File | SettingSource::Environment | SettingSource::Flag => {
            setting.place.clone().unwrap_or_default()
        }
    };
    [
        setting.key.clone(),
        value(&setting.value),
        from,
        change.to_owned(),
    ]
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn secret(secret: &SecretSetting) -> [String; 3] {
    let is = if secret.is_set { "set" } else { "not set" };
    [
        secret.name.clone(),
        is.to_owned(),
        secret.place.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
