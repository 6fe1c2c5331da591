//! A relay of one's own: all of `potluck`, and one more plug-in.

use potluck::plugin::{Code, Flow, Needs, Plugin, Rejection, Request, RouteFacts, Slip};
use schemars::JsonSchema;
use serde::Deserialize;

/// What can be set in the configuration, beside `name: max-messages`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Most messages that a conversation may have. Required.
    #[schemars(range(min = 1))]
    most: usize,
}

struct MaxMessages(usize);

impl Plugin for MaxMessages {
    const NAME: &'static str = "max-messages";
    const ABOUT: &'static str = "Refuses conversations that have grown too long.";
    type Settings = Settings;
    type State = ();

    fn new(settings: Settings, _: &RouteFacts) -> Result<Self, Vec<Slip>> {
        Ok(Self(settings.most))
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.request_body()
    }

    fn on_request(&self, (): &mut (), request: &mut Request<'_>) -> Result<Flow, Rejection> {
        if request.values("messages[].role")?.len() > self.0 {
            let message = format!("A conversation may have up to {} messages here.", self.0);
            return Err(Rejection::new(Code::PluginRefused).saying(message));
        }
        Ok(Flow::Continue)
    }
}

fn main() -> std::process::ExitCode {
    potluck::App::new().plugin::<MaxMessages>().run()
}
