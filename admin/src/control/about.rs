//! What anybody may know of this relay.

use super::Control;
use crate::api::About;
use crate::error::ControlError;

impl Control {
    /// What anybody may know.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn about(&self) -> Result<About, ControlError> {
        Ok(About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: env!("CARGO_PKG_VERSION").to_owned(),
            name: self.text_setting("name").await?,
            public_base_url: self.public_base_url.clone(),
            registration: self.registration().await?,
        })
    }

    async fn text_setting(&self, name: &str) -> Result<Option<String>, ControlError> {
        let json = self.store.setting(name).await?;
        Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
    }
}
