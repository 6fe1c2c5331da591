//! The relay's own secrets: the key ring that seals pool keys, and the token of the operator's API. Never part
//! of the configuration.
//!
//! Each is looked for in this order, and the first that is there counts: the variable itself, the file that
//! `NAME_FILE` names, the systemd credential `NAME` (or `name`), and `secrets.env` beside the
//! configuration file. Invariant: a secrets file that others may read is refused, and no message
//! carries a secret.

use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use potluck_filters::secret::Secret;
use zeroize::Zeroizing;

/// The key that seals pool keys: 32 random bytes in base64url.
pub const CURRENT: &str = "ENCRYPTION_KEY";
/// Older keys that can still open, parted by commas or blanks.
pub const OLD: &str = "ENCRYPTION_KEYS_OLD";
/// What the operator's programs send to the API over the network.
pub const ADMIN_TOKEN: &str = "ADMIN_TOKEN";

/// The secrets as they were found. Whether they are good keys is for the key ring to say.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Seals and opens.
    pub encryption_key: Secret,
    /// Only open.
    pub encryption_keys_old: Option<Secret>,
    /// Where the current key came from, for messages.
    pub origin: String,
    /// Lets programs in over the network, and where it came from. Without one nobody is let in there.
    pub admin_token: Option<(Secret, String)>,
}

/// Why there are no usable secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// None of the places has the current key.
    #[error(
        "{CURRENT} is missing: set it, or {CURRENT}_FILE, or put it into {}. \
         `potluck init` writes that file, `potluck secrets generate` prints a fresh key",
        .0.display()
    )]
    Missing(PathBuf),
    /// A named file cannot be read.
    #[error("{name}: {} cannot be read: {why}", .path.display())]
    File {
        /// The variable or place that names it.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Others than the owner may read the secrets file.
    #[error("{} can be read by others than its owner; run: chmod 600 {}", .0.display(), .0.display())]
    Open(PathBuf),
    /// The variable and its file are both set.
    #[error("{0} and {0}_FILE are both set; unset one of them")]
    Twice(&'static str),
    /// A line of the secrets file is no `NAME=value` of a known name.
    #[error("{}:{line}: expected {CURRENT}=…, {OLD}=… or {ADMIN_TOKEN}=…", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// The secrets file that belongs to a configuration file.
#[must_use]
pub fn file_beside(config: &Path) -> PathBuf {
    config.with_file_name("secrets.env")
}

impl Secrets {
    /// Looks in all places. `variable` reads the environment; `file` is the secrets file, which may be missing.
    ///
    /// # Errors
    /// When the current key is nowhere, or a place that was named cannot be used.
    pub fn find(variable: &dyn Fn(&str) -> Option<String>, file: &Path) -> Result<Self, SecretsError> {
        let written = read_env_file(file)?;
        let Some((encryption_key, origin)) = find_one(CURRENT, variable, file, &written)? else {
            return Err(SecretsError::Missing(file.to_owned()));
        };
        let encryption_keys_old = find_one(OLD, variable, file, &written)?.map(|(secret, _)| secret);
        let admin_token = find_one(ADMIN_TOKEN, variable, file, &written)?;
        Ok(Self {
            encryption_key,
            encryption_keys_old,
            origin,
            admin_token,
        })
    }
}

fn find_one(
    name: &'static str,
    variable: &dyn Fn(&str) -> Option<String>,
    file: &Path,
    written: &[(String, Secret)],
) -> Result<Option<(Secret, String)>, SecretsError> {
    let named = format!("{name}_FILE");
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match (set(name), set(&named)) {
        (Some(_), Some(_)) => return Err(SecretsError::Twice(name)),
        (Some(value), None) => return Ok(Some((Secret::new(value), name.to_owned()))),
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let secret = read(&path).map_err(|why| SecretsError::File {
                name: named,
                path: path.clone(),
                why,
            })?;
            return Ok(Some((secret, path.display().to_string())));
        }
        (None, None) => {}
    }
    if let Some(folder) = set("CREDENTIALS_DIRECTORY") {
        for file in [name.to_owned(), name.to_lowercase()] {
            let path = Path::new(&folder).join(file);
            if let Ok(secret) = read(&path) {
                return Ok(Some((secret, path.display().to_string())));
            }
        }
    }
    let found = written.iter().find(|(key, _)| key == name);
    Ok(found.map(|(_, secret)| (secret.clone(), file.display().to_string())))
}

fn read(path: &Path) -> std::io::Result<Secret> {
    let text = std::fs::read_to_string(path)?;
    Ok(Secret::new(text.trim_end_matches(['\n', '\r'])))
}

/// The lines of a secrets file; none when there is no such file.
fn read_env_file(path: &Path) -> Result<Vec<(String, Secret)>, SecretsError> {
    let failed = |why| SecretsError::File {
        name: "secrets file".to_owned(),
        path: path.to_owned(),
        why,
    };
    let mode = match std::fs::metadata(path) {
        Ok(found) => found.permissions().mode(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    if mode & 0o077 != 0 {
        return Err(SecretsError::Open(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| {
            parse_line(line).ok_or_else(|| SecretsError::Line {
                path: path.to_owned(),
                line: at,
            })
        })
        .collect()
}

fn parse_line(line: &str) -> Option<(String, Secret)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let value = value.trim().trim_matches('"');
    [CURRENT, OLD, ADMIN_TOKEN]
        .contains(&name)
        .then(|| (name.to_owned(), Secret::new(value)))
}

/// Writes a new secrets file, readable by its owner alone. Never overwrites one.
///
/// # Errors
/// When the file exists or cannot be written.
pub fn write_new(path: &Path, encryption_key: &Secret, admin_token: &Secret) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let text = format!(
        "# The key that seals pool keys in the database. Whoever has both has the pool keys.\n\
         # Keep a copy in a safe place apart from the data folder: without it the pool keys are lost.\n\
         {CURRENT}={}\n\
         # The token of the API at `admin.listen`. Whoever has it may do everything. Replace it as you like, with\n\
         # `potluck secrets generate`; without the line that listener stays closed.\n\
         {ADMIN_TOKEN}={}\n",
        encryption_key.expose(),
        admin_token.expose()
    );
    let text = Zeroizing::new(text);
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A fresh key for [`CURRENT`], or a fresh [`ADMIN_TOKEN`]: 32 random bytes in base64url.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn fresh_key() -> std::io::Result<Secret> {
    random_text(Zeroizing::new([0_u8; 32]).as_mut_slice())
}

/// A password that nobody could guess, short enough to be typed once: 144 random bits in base64url.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn fresh_password() -> std::io::Result<Secret> {
    random_text(Zeroizing::new([0_u8; 18]).as_mut_slice())
}

#[expect(
    clippy::disallowed_methods,
    reason = "new secrets come from the operating system alone"
)]
fn random_text(bytes: &mut [u8]) -> std::io::Result<Secret> {
    getrandom::fill(bytes)?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes));
    Ok(Secret::new(text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("potluck-secrets-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn find(variables: &[(&str, &str)], file: &Path) -> Result<Secrets, SecretsError> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Secrets::find(&variable, file)
    }

    #[test]
    fn the_first_place_that_has_the_key_counts() {
        let folder = Folder::new("order");
        let beside = folder.file(
            "secrets.env",
            "# note\n\nENCRYPTION_KEY=\"beside\"\nENCRYPTION_KEYS_OLD=x,y\n",
            0o600,
        );
        let named = folder.file("named", "named\n", 0o644);
        folder.file("encryption_key", "credential\n", 0o400);
        let (named, dir) = (named.to_str().unwrap(), folder.0.to_str().unwrap());
        for (variables, expected) in [
            (vec![], "beside"),
            (vec![("CREDENTIALS_DIRECTORY", dir)], "credential"),
            (
                vec![("CREDENTIALS_DIRECTORY", dir), ("ENCRYPTION_KEY_FILE", named)],
                "named",
            ),
            (
                vec![("CREDENTIALS_DIRECTORY", dir), ("ENCRYPTION_KEY", "direct")],
                "direct",
            ),
            (vec![("ENCRYPTION_KEY", "")], "beside"),
        ] {
            let found = find(&variables, &beside).unwrap();
            assert_eq!(found.encryption_key.expose(), expected);
            assert_eq!(found.encryption_keys_old.unwrap().expose(), "x,y");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_way_out_and_without_the_secret() {
        let folder = Folder::new("wrong");
        let open = folder.file("open.env", "ENCRYPTION_KEY=hunter2\n", 0o640);
        let odd = folder.file("odd.env", "\nENCRYPTON_KEY=hunter2\n", 0o600);
        let none = folder.0.join("none.env");
        for (variables, file, expected) in [
            (vec![], &none, "`potluck secrets generate`"),
            (vec![], &open, "run: chmod 600 "),
            (vec![], &odd, "odd.env:2: expected ENCRYPTION_KEY=…, "),
            (
                vec![("ENCRYPTION_KEY", "hunter2"), ("ENCRYPTION_KEY_FILE", "f")],
                &none,
                "both set",
            ),
            (
                vec![("ENCRYPTION_KEY_FILE", "/nowhere/x")],
                &none,
                "ENCRYPTION_KEY_FILE: /nowhere/x cannot be read",
            ),
        ] {
            let error = find(&variables, file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn fresh_secrets_differ_and_have_all_their_bits() {
        let (one, two) = (fresh_key().unwrap(), fresh_key().unwrap());
        assert_ne!(one, two);
        assert_eq!(URL_SAFE_NO_PAD.decode(one.expose()).unwrap().len(), 32);
        assert_eq!(fresh_password().unwrap().expose().len(), 24);
    }

    #[test]
    fn a_written_file_is_the_owners_alone_and_never_overwritten() {
        let folder = Folder::new("write");
        let path = folder.0.join("secrets.env");
        let token = Secret::new("token");
        write_new(&path, &Secret::new("one"), &token).unwrap();
        assert!(write_new(&path, &Secret::new("two"), &token).is_err());
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let found = find(&[], &path).unwrap();
        assert_eq!(found.encryption_key.expose(), "one");
        let (token, origin) = found.admin_token.unwrap();
        assert_eq!((token.expose(), origin), ("token", path.display().to_string()));
    }
}
