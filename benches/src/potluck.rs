//! The relay under test: its configuration, its database with as many keys as the scenario wants, and
//! how it is started. Everything that knows Potluck's own interfaces is here and below.

pub mod control;
mod seed;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::folder::Folder;
use crate::keys;
use crate::options::Options;
use crate::place::Place;
use crate::program;
use crate::target::Target;

/// The upstream's name in the relay's configuration.
const UPSTREAM: &str = "bench";

/// Three plug-ins that everybody's requests pass: one looks at the peer, one at headers both ways, one at the body.
const PLUGINS: &str = "    plugins:
      - name: ip-allow
        networks: [127.0.0.0/8]
      - name: set-headers
        request: { set: { x-team: kitchen } }
        response: { set: { x-kitchen: east } }
      - name: model-map
        models: { never-asked-for: other }
";

/// A relay with so many client keys and pool keys.
#[derive(Clone, Debug)]
pub struct Relay {
    /// None where the relay is left out: the keys are needed all the same.
    program: Option<PathBuf>,
    name: String,
    /// Of its route, as they stand in the configuration.
    plugins: &'static str,
    client_keys: Vec<String>,
    pool_keys: usize,
}

impl Relay {
    /// For one scenario, whose name is also that of the data folder.
    ///
    /// # Errors
    /// When the relay is to be measured and was not built.
    pub fn new(options: &Options, name: &'static str, client_keys: usize, pool_keys: usize) -> Result<Self> {
        let relays = [Target::Potluck, Target::PotluckPlugins];
        let wanted = options.targets().iter().any(|target| relays.contains(target));
        let found = || {
            options
                .potluck
                .clone()
                .map_or_else(|| program::sibling("potluck"), Ok)
        };
        let program = wanted.then(found).transpose()?;
        Ok(Self {
            program,
            name: name.to_owned(),
            plugins: "",
            client_keys: keys::client_keys(client_keys),
            pool_keys,
        })
    }

    /// The same with plug-ins, and with a data folder of its own.
    #[must_use]
    pub fn plugged(&self) -> Self {
        Self {
            name: format!("{}-plugins", self.name),
            plugins: PLUGINS,
            ..self.clone()
        }
    }

    /// The first client key, for requests before the load.
    ///
    /// # Errors
    /// When there is none.
    pub fn first_key(&self) -> Result<&str> {
        self.client_keys
            .first()
            .map(String::as_str)
            .context("no client keys were made")
    }

    /// Writes all client keys to a file, one a line, for the load.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn client_key_file(&self, folder: &Folder) -> Result<PathBuf> {
        folder.write(&format!("{}-keys.txt", self.name), &self.client_keys.join("\n"))
    }

    /// The Unix socket of the running relay's control interface.
    #[must_use]
    pub fn socket(&self, folder: &Folder) -> PathBuf {
        folder.path().join(&self.name).join("control.sock")
    }

    /// Fills a new data folder and says how the relay is started on it.
    ///
    /// # Errors
    /// When the data folder cannot be filled.
    pub async fn command(&self, place: &Place, folder: &Folder) -> Result<Command> {
        let program = self.program.as_deref().context("the relay is left out")?;
        let data = folder.within(&self.name)?;
        let file = folder.write(&format!("{}.yaml", self.name), &self.config(place))?;
        eprintln!(
            "making {} client keys and {} pool keys",
            self.client_keys.len(),
            self.pool_keys
        );
        let pool_keys = keys::pool_keys(self.pool_keys);
        let encryption_key = seed::fill(&data, &place.upstream, &self.client_keys, &pool_keys).await?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(file);
        // Nothing of the environment in which the measurement was started may change what is measured.
        command.env_clear().env("ENCRYPTION_KEY", encryption_key.expose());
        Ok(command)
    }

    /// Version, configuration and numbers of keys.
    ///
    /// # Errors
    /// When the relay does not tell its version.
    pub fn identity(&self) -> Result<String> {
        let program = self.program.as_deref().context("the relay is left out")?;
        let version = program::version(program, "--version")?;
        let (client_keys, pool_keys) = (self.client_keys.len(), self.pool_keys);
        let config = self.config(&Place::anonymous());
        Ok(format!(
            "{version}\n{config}\n{client_keys} client keys, {pool_keys} pool keys, {:?}",
            seed::LIMITS
        ))
    }

    /// Everything at its default but the places and the access line.
    fn config(&self, place: &Place) -> String {
        let Place {
            listen,
            upstream,
            folder,
        } = place;
        let data = Path::new(folder).join(&self.name);
        let data = data.display();
        format!(
            "data: {data}
threads: 2
listen:
  address: {listen}
admin:
  listen: off
metrics:
  listen: off
log:
  access: false
  level: warn
upstreams:
  {UPSTREAM}:
    kind: openai
    nodes:
      - name: only
        url: http://{upstream}
routes:
  - prefix: /v1
    upstream: {UPSTREAM}
{}",
            self.plugins
        )
    }
}
