//! `potluck trace`: how one request came to its end, in sentences.

mod sentences;

use clap::Args;
use potluck_admin::api::{MyRequest, RequestDetails};

use super::api::Api;
use super::exit::{Exit, Failure};
use super::list::typed;
use super::{Options, print};

/// Which request.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  potluck trace 5f3a9c0012ab00000fed\n  \
                        potluck trace 5f3a9c0012ab00000fed --json\n  \
                        potluck trace 5f3a9c0012ab00000fed --mine --server https://relay.example.org")]
pub(super) struct TraceArgs {
    /// Its id, as in the answer's `x-request-id`.
    request: String,
    /// One of your own: what members may ask for.
    #[arg(long)]
    mine: bool,
}

/// `potluck trace`.
pub(super) async fn run(arguments: &TraceArgs, api: &Api, options: &Options) -> Result<(), Failure> {
    let id = arguments.request.trim();
    if potluck_filters::usage::RequestNumber::parse(id).is_none() {
        let message = "a request's id is twenty hexadecimal digits, as in the answer's `x-request-id`";
        return Err(Failure::new(Exit::Usage, message));
    }
    let mine = if arguments.mine { "me/" } else { "" };
    let answer = api.get(&format!("/manage/v1/{mine}requests/{id}")).await?;
    if options.json {
        print::json(&answer);
        return Ok(());
    }
    let details: RequestDetails<MyRequest> = typed(answer)?;
    print::text(&sentences::told(&details));
    Ok(())
}
