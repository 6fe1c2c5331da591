//! The tokens of `potluck login`, in a file of the user's own.
//!
//! Invariant: nobody but its owner can read the file; it is replaced as a whole, never written half.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use potluck_admin::api::SecretText;
use serde::{Deserialize, Serialize};

use super::exit::{Exit, Failure};

/// A token at one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Login {
    /// Whose it is.
    pub(super) user: String,
    /// What is sent.
    pub(super) token: SecretText,
    /// When it ends, in Unix milliseconds.
    pub(super) expires_at: Option<i64>,
    /// Whom its server's certificate is trusted by, besides those that this system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ca_file: Option<PathBuf>,
}

/// All of them, by the server's URL.
#[derive(Debug)]
pub(super) struct Logins {
    file: PathBuf,
    servers: BTreeMap<String, Login>,
}

#[derive(Default, Serialize, Deserialize)]
struct Written {
    servers: BTreeMap<String, Login>,
}

impl Logins {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// When there is no place for it, others can read it, or it is none of ours.
    pub(super) fn open() -> Result<Self, Failure> {
        Self::read(folder()?.join("logins.json"))
    }

    fn read(file: PathBuf) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::new(Exit::Failed, format!("{} {why}", file.display()));
        let written = match std::fs::metadata(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Written::default(),
            Err(error) => return Err(wrong(format!("cannot be read: {error}"))),
            Ok(found) if found.mode() & 0o077 != 0 => {
                return Err(wrong(
                    "holds tokens, and others can read it; run chmod 600 on it".to_owned(),
                ));
            }
            Ok(_) => {
                let text = std::fs::read(&file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
                serde_json::from_slice(&text)
                    .map_err(|_| wrong("is not readable; remove it and log in anew".to_owned()))?
            }
        };
        Ok(Self {
            file,
            servers: written.servers,
        })
    }

    /// The token at this server.
    pub(super) fn at(&self, server: &str) -> Option<&Login> {
        self.servers.get(server)
    }

    /// Keeps a token. Gives the one that was there before.
    pub(super) fn put(&mut self, server: &str, login: Login) -> Option<Login> {
        self.servers.insert(server.to_owned(), login)
    }

    /// Forgets a token.
    pub(super) fn take(&mut self, server: &str) -> Option<Login> {
        self.servers.remove(server)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save(&self) -> Result<(), Failure> {
        self.write().map_err(|error| {
            let message = format!("{} cannot be written: {error}", self.file.display());
            Failure::new(Exit::Failed, message)
        })
    }

    fn write(&self) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or_else(|| Path::new("."));
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // A temporary file is its owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let written = Written {
            servers: self.servers.clone(),
        };
        serde_json::to_writer_pretty(&mut file, &written)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.file)?;
        Ok(())
    }
}

/// Where a user's own configuration is.
fn folder() -> Result<PathBuf, Failure> {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let config = named("XDG_CONFIG_HOME").or_else(|| named("HOME").map(|home| home.join(".config")));
    let config = config.ok_or_else(|| {
        let message =
            "there is no place to keep a login: neither HOME nor XDG_CONFIG_HOME is set; use --token-file";
        Failure::new(Exit::Usage, message)
    })?;
    Ok(config.join("potluck"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use potluck_filters::secret::Secret;

    use super::*;

    fn login() -> Login {
        Login {
            user: "linh".to_owned(),
            token: SecretText(Secret::new("npat-secret")),
            expires_at: Some(9),
            ca_file: None,
        }
    }

    #[test]
    fn a_login_is_kept_for_its_owner_alone_and_shows_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("potluck/logins.json");
        let mut logins = Logins::read(file.clone()).unwrap();
        assert!(logins.put("https://relay.example", login()).is_none());
        logins.save().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        let mut again = Logins::read(file.clone()).unwrap();
        assert!(!format!("{again:?}").contains("npat-secret"));
        assert_eq!(
            again.at("https://relay.example").unwrap().token.0.expose(),
            "npat-secret"
        );
        assert!(again.take("https://relay.example").is_some());
        again.save().unwrap();
        assert!(
            Logins::read(file.clone())
                .unwrap()
                .at("https://relay.example")
                .is_none()
        );

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Logins::read(file.clone()).unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&file, "?").unwrap();
        assert!(Logins::read(file).is_err());
    }
}
