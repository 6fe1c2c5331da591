//! Beginning: `init`, secrets, data folder and database.

use super::*;

#[test]
fn init_writes_everything_once_and_overwrites_nothing() {
    let folder = Folder::new();
    let first = folder.run("init").ok();
    assert_eq!(
        first.out.trim().len(),
        24,
        "the password alone on standard output: {}",
        first.out
    );
    assert_eq!(
        std::fs::read_to_string(folder.path("conf/potluck.yaml")).unwrap(),
        include_str!("../../conf/potluck.yaml")
    );
    let mode = |name: &str| std::fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode("conf/secrets.env"), mode("data"), mode("data/potluck.db")),
        (0o600, 0o700, 0o600)
    );
    let before = std::fs::read(folder.path("conf/secrets.env")).unwrap();
    folder
        .run("init")
        .fails(1, "admin is admin already; nothing was changed");
    let again = folder.run("init --if-missing").ok();
    assert_eq!(again.out, "");
    assert_eq!(std::fs::read(folder.path("conf/secrets.env")).unwrap(), before);
}

#[test]
fn init_keeps_an_existing_configuration_and_uses_it() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("etc")).unwrap();
    std::fs::write(folder.path("etc/p.yaml"), "data: elsewhere\n").unwrap();
    folder.run("init --config etc/p.yaml").ok();
    assert_eq!(
        std::fs::read_to_string(folder.path("etc/p.yaml")).unwrap(),
        "data: elsewhere\n"
    );
    assert!(folder.path("elsewhere/potluck.db").is_file());
    assert!(folder.path("etc/secrets.env").is_file());
}

#[test]
fn init_takes_a_password_and_refuses_a_weak_one() {
    let folder = Folder::new();
    folder
        .run_with("init --password-stdin", "short\n", &[])
        .fails(1, "password: must have 12 to 1024");
    let strong = "tram quilt obey lunar";
    let made = folder
        .run_with("init --admin root", "", &[("POTLUCK_ADMIN_PASSWORD", strong)])
        .ok();
    assert_eq!(made.out, "");
    assert!(!made.err.contains(strong));
    assert!(!has(&folder.everything(), strong));
}

#[test]
fn init_makes_no_new_secrets_beside_an_old_database() {
    let folder = Folder::ready();
    std::fs::remove_file(folder.path("conf/secrets.env")).unwrap();
    folder.run("init").fails(
        64,
        "there is a database already, but no ENCRYPTION_KEY that fits it",
    );
    assert!(!folder.path("conf/secrets.env").exists());
}

#[test]
fn secrets_that_are_missing_weak_open_or_wrong_stop_everything() {
    let folder = Folder::ready();
    folder.run_with("pool add novelai", POOL_KEY, &[]).ok();
    let other = folder.run("secrets generate").ok().out;
    let weak = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (key, why) in [
        (other.trim(), "wrong key ring"),
        (weak, "ENCRYPTION_KEY (from ENCRYPTION_KEY) is guessable"),
        ("short", "is not 32 bytes in base64"),
    ] {
        let ended = folder
            .run_with("pool list", "", &[("ENCRYPTION_KEY", key)])
            .fails(64, why);
        assert!(!ended.err.contains(key), "{}", ended.err);
    }
    let file = folder.path("conf/secrets.env");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    folder.run("pool list").fails(64, "run: chmod 600");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for line in ["pool list", "serve"] {
        folder.run(line).fails(64, "ENCRYPTION_KEY is missing");
    }
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("ENCRYPTION_KEY="))
        .unwrap();
    let old = [("ENCRYPTION_KEY", other.trim()), ("ENCRYPTION_KEYS_OLD", key)];
    folder.run_with("pool list", "", &old).ok();
}

#[test]
fn a_data_folder_in_use_is_left_alone() {
    let folder = Folder::ready();
    let lock = std::fs::File::open(folder.path("data/lock")).unwrap();
    lock.try_lock().unwrap();
    for line in ["keys list", "pool list", "serve --set listen.address=127.0.0.1:0"] {
        folder
            .run(line)
            .fails(69, "the data folder data is in use by another potluck");
    }
    lock.unlock().unwrap();
    folder.run("keys list").ok();
}

#[test]
fn an_unusable_database_or_data_folder_is_said_with_the_way_out() {
    let folder = Folder::ready();
    folder
        .run("keys list --set data=nowhere")
        .fails(69, "the data folder nowhere cannot be used");
    std::fs::write(
        folder.path("data/potluck.db"),
        "this is not a database, it is a text file",
    )
    .unwrap();
    folder.run("keys list").fails(69, "is not a SQLite database");
}

#[test]
fn fresh_secrets_are_keys_and_differ() {
    let folder = Folder::ready();
    let (one, two) = (
        folder.run("secrets generate").ok().out,
        folder.run("secrets generate").ok().out,
    );
    assert_ne!(one, two);
    let key = one.trim();
    assert_eq!(key.len(), 43);
    let env = [("ENCRYPTION_KEY", key)];
    folder.run_with("init --set data=second", "", &env).ok();
}
