//! The NovelAI fake on three origins, and accounts for it.
//!
//! Invariant: the three share accounts, locks, faults and records, as the real hosts share accounts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::credential;
use crate::fault::Faults;
use crate::novelai::{Account, Holder, Host, NovelAi, Settings};
use crate::record::Records;
use crate::server::FakeServer;

/// One NovelAI fake behind a server for each of its hosts.
#[derive(Debug)]
pub struct NovelAiHosts {
    /// What is behind all three.
    pub fake: NovelAi,
    /// Images and accounts.
    pub image: FakeServer,
    /// Text.
    pub text: FakeServer,
    /// Voices and masks.
    pub api: FakeServer,
}

impl NovelAiHosts {
    /// Starts on free loopback ports and remembers every request.
    pub async fn start() -> io::Result<NovelAiHosts> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        NovelAiHosts::start_on([free; 3], Settings::default(), Records::new()).await
    }

    /// Starts the image, text and api hosts on given addresses.
    pub async fn start_on(
        [image, text, api]: [SocketAddr; 3],
        settings: Settings,
        records: Records,
    ) -> io::Result<NovelAiHosts> {
        let fake = NovelAi::new(settings);
        let faults = Faults::new();
        let serve = async |addr, host| {
            FakeServer::start_on(addr, fake.router_for(host), faults.clone(), records.clone()).await
        };
        let image = serve(image, Host::Image).await?;
        let text = serve(text, Host::Text).await?;
        let api = serve(api, Host::Api).await?;
        Ok(NovelAiHosts {
            fake,
            image,
            text,
            api,
        })
    }

    /// The faults of all three hosts.
    pub fn faults(&self) -> &Faults {
        &self.image.faults
    }

    /// The requests of all three hosts.
    pub fn records(&self) -> &Records {
        &self.image.records
    }
}

/// An account with its credentials.
pub struct DemoAccount {
    /// For a login.
    pub email: String,
    /// For a login.
    pub password: String,
    /// The persistent token, `pst-…`.
    pub token: String,
    /// The account inside the fake.
    pub holder: Holder,
}

impl std::fmt::Debug for DemoAccount {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DemoAccount")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl DemoAccount {
    /// Opens an active Opus account with random credentials.
    pub fn open(fake: &NovelAi, number: usize) -> DemoAccount {
        let email = format!("guest-{number}@example.org");
        let (token, password) = (credential("pst-", 64), credential("", 16));
        let account = Account {
            password: Some(password.clone()),
            ..Account::opus(&email, &token)
        };
        DemoAccount {
            holder: fake.add(account),
            email,
            password,
            token,
        }
    }
}
