//! The API's own listener, for people who log in and for programs that send a token.
//!
//! Invariant: an operator's token that could be guessed is refused before anything listens.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Result;
use pingora::server::Server;
use pingora::services::listening::Service;
use pingora_limits::rate::Rate;
use potluck_admin::Control;
use potluck_admin::gate::{AdminToken, Gate, Hosts, Peer, bearer_router};
use potluck_filters::model::Network;
use potluck_filters::window::SPAN;
use tokio::runtime::{Handle, Runtime};

use super::binding::Ports;
use super::control::ControlApp;
use super::mount::RouterMount;
use crate::cli::{Exit, Failure};
use crate::config::{Config, Listener};
use crate::edge::neighbourhood;
use crate::secrets::{ADMIN_TOKEN, Secrets};

/// Where the API listens, and whom it believes.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) address: SocketAddr,
    token: Option<AdminToken>,
    hosts: Vec<String>,
    failures_per_minute: u32,
    trusted_proxies: Vec<Network>,
}

impl Door {
    /// The door of a configuration; `None` where it is off.
    ///
    /// # Errors
    /// When the token could be guessed.
    pub(super) fn of(config: &Config, secrets: &Secrets) -> Result<Option<Self>> {
        let token = token(secrets)?;
        let address = match config.admin.listen {
            Listener::Off => return Ok(None),
            Listener::At(address) => address,
        };
        if token.is_none() {
            tracing::info!("no {ADMIN_TOKEN}: the API takes only those who log in");
        }
        Ok(Some(Self {
            address,
            token,
            hosts: names(config),
            failures_per_minute: config.auth.failures_per_minute,
            trusted_proxies: config.admin.trusted_proxies.clone(),
        }))
    }

    /// Has the server open it. Gives the address, which has a port by now.
    ///
    /// # Errors
    /// When there is no free port.
    pub(super) fn open(
        mut self,
        ports: &mut Ports,
        server: &mut Server,
        control: &Arc<Control>,
        runtime: &Runtime,
    ) -> Result<SocketAddr> {
        self.address = ports.fixed(self.address)?;
        let address = self.address;
        server.add_service(self.service(Arc::clone(control), runtime.handle().clone()));
        Ok(address)
    }

    fn service(self, control: Arc<Control>, runtime: Handle) -> Service<ControlApp> {
        let hosts = Hosts::new(self.address.ip(), self.hosts);
        let gate = gate(self.token, hosts, self.failures_per_minute, self.trusted_proxies);
        let app = ControlApp::for_strangers(bearer_router(control, gate), runtime);
        let mut service = Service::new("admin".to_owned(), app);
        service.threads = Some(1);
        service.add_tcp(&self.address.to_string());
        service
    }
}

/// The API as the public listener carries it; `None` where it is not to.
///
/// # Errors
/// When the token could be guessed.
pub(super) fn mounted(
    config: &Config,
    secrets: &Secrets,
    control: &Arc<Control>,
    runtime: &Runtime,
) -> Result<Option<Arc<RouterMount>>> {
    if !config.listen.manage {
        return Ok(None);
    }
    let hosts = Hosts::new(config.listen.address.0.ip(), names(config));
    let trusted = config.admin.trusted_proxies.clone();
    let gate = gate(token(secrets)?, hosts, config.auth.failures_per_minute, trusted);
    let router = bearer_router(Arc::clone(control), gate);
    Ok(Some(RouterMount::new(router, runtime.handle().clone())))
}

fn gate(
    token: Option<AdminToken>,
    hosts: Hosts,
    failures_per_minute: u32,
    trusted_proxies: Vec<Network>,
) -> Gate {
    let failures = Rate::new(SPAN);
    let most = isize::try_from(failures_per_minute).unwrap_or(isize::MAX);
    Gate {
        token,
        hosts,
        failed: Box::new(move |Peer(peer): Peer| {
            let peer: IpAddr = neighbourhood(peer);
            (failures.observe(&peer, 1) > most).then_some(SPAN)
        }),
        trusted_proxies,
    }
}

/// The names of this relay: those that are listed, and that of its public URL.
fn names(config: &Config) -> Vec<String> {
    let url = config.admin.public_base_url.as_deref();
    let public = url.and_then(|url| url.parse::<http::Uri>().ok());
    let public = public.and_then(|url| url.host().map(str::to_lowercase));
    config.admin.hosts.iter().cloned().chain(public).collect()
}

/// Waits until it is open, and says where it is.
pub(super) fn until_open(address: SocketAddr, server: &JoinHandle<()>) -> Result<()> {
    super::until_bound(address, server)?;
    tracing::info!(%address, clear_text = !address.ip().is_loopback(), "the API listens");
    Ok(())
}

fn token(secrets: &Secrets) -> Result<Option<AdminToken>> {
    let Some((text, origin)) = &secrets.admin_token else {
        return Ok(None);
    };
    let refused = |why: &dyn std::fmt::Display| {
        let message = format!("{ADMIN_TOKEN} (from {origin}) {why}");
        Failure::new(Exit::Config, message)
    };
    // Whoever has the token must not have the pool keys, too.
    if *text == secrets.encryption_key {
        return Err(refused(&"is the ENCRYPTION_KEY; make another with `potluck secrets generate`").into());
    }
    match AdminToken::parse(text) {
        Ok(token) => Ok(Some(token)),
        Err(why) => Err(refused(&why).into()),
    }
}
