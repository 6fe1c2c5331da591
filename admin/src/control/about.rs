//! What anybody may know of this relay.

use std::cmp::Reverse;

use super::Control;
use crate::api::{About, RouteFacts};
use crate::error::ControlError;

impl Control {
    /// What anybody may know.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn about(&self) -> Result<About, ControlError> {
        let settings = self.settings().await?;
        Ok(About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: env!("CARGO_PKG_VERSION").to_owned(),
            name: settings.name,
            notice: settings.notice,
            public_base_url: self.public_base_url.clone(),
            registration: settings.registration,
            routes: self.told_routes(),
        })
    }

    /// The longest prefix first, as requests are matched.
    fn told_routes(&self) -> Vec<RouteFacts> {
        let mut routes: Vec<RouteFacts> = self.routes().iter().filter_map(RouteFacts::of).collect();
        routes.sort_by_key(|route| Reverse(route.prefix.len()));
        routes
    }
}
