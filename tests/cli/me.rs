//! A member's own things over `--server`, and logging in with a second factor.

use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::running::Relay;
use super::*;

const PASSWORD: &str = "tram quilt obey lunar";

/// A running relay with a member called linh, who calls it from a home of her own.
struct Linh {
    folder: Folder,
    relay: Relay,
}

impl Linh {
    fn new() -> Self {
        let folder = Folder::ready();
        folder
            .run_with("users add linh --password-stdin", PASSWORD, &[])
            .ok();
        let relay = Relay::start(&folder);
        Self { folder, relay }
    }

    fn run_with(&self, line: &str, input: &str) -> Ended {
        let home = self.folder.path("home");
        let line = format!("{line} --server {}", self.relay.url());
        self.folder
            .run_with(&line, input, &[("HOME", home.to_str().unwrap())])
    }

    fn run(&self, line: &str) -> Ended {
        self.run_with(line, "")
    }

    fn log_in(&self, said: &str) -> Ended {
        self.run_with("login --user linh --password-stdin", said)
    }

    /// A call of the API, by whoever has the token.
    fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let url = format!("{}/manage/v1/{path}", self.relay.url());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let request = client.post(url).bearer_auth(token).json(body);
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.unwrap()
        })
    }

    /// Sets a second factor up: what makes its codes, and what stands in for them.
    fn takes_a_second_factor(&self) -> (Totp, Vec<String>) {
        let session = self.post("session", "", &json!({ "name": "linh", "password": PASSWORD }));
        let token = text(&session, "access_token").to_owned();
        let begun = self.post("me/totp", &token, &json!({ "password": PASSWORD }));
        let secret = Secret::try_from_base32(text(&begun, "secret")).unwrap();
        let totp = Builder::new()
            .with_secret(secret.as_ref())
            .with_account_name("linh");
        let totp = totp.build().unwrap();
        let code = totp.generate(now()).to_string();
        let confirmed = self.post("me/totp/confirm", &token, &json!({ "code": code }));
        let codes = confirmed
            .get("recovery_codes")
            .and_then(Value::as_array)
            .unwrap()
            .iter();
        let codes = codes.map(|code| code.as_str().unwrap().to_owned());
        (totp, codes.collect())
    }
}

fn text<'v>(answer: &'v Value, name: &str) -> &'v str {
    answer.get(name).and_then(Value::as_str).unwrap()
}

/// Seconds.
fn now() -> u64 {
    u64::try_from(potluck::clock::unix_ms() / 1000).unwrap()
}

#[test]
fn a_member_logs_in_with_the_code_of_a_second_factor_or_with_a_recovery_code() {
    let linh = Linh::new();
    let (totp, recovery) = linh.takes_a_second_factor();
    linh.log_in(PASSWORD)
        .fails(2, "the password stands on its first line, the code on the next");
    linh.log_in(&format!("{PASSWORD}\n000000\n"))
        .fails(1, "the code is wrong or was used");
    // The code that confirmed it was used; the next one holds already.
    let code = totp.generate(now() + 30).to_string();
    linh.log_in(&format!("{PASSWORD}\n{code}\n")).ok();
    let me = linh.run("me --json").ok().json();
    assert_eq!(
        (&me["account"]["name"], &me["account"]["has_totp"]),
        (&"linh".into(), &true.into())
    );
    linh.run("logout").ok();
    linh.log_in(&format!("{PASSWORD}\n{}\n", recovery[0])).ok();
    linh.run("me keys list").ok();
    linh.log_in(&format!("{PASSWORD}\n{}\n", recovery[0]))
        .fails(1, "the code is wrong or was used");
}

#[test]
fn a_member_manages_client_keys_as_an_admin_does() {
    let linh = Linh::new();
    linh.folder.run("me").fails(2, "name it with --server");
    linh.run("me").fails(2, "potluck login");
    linh.log_in(PASSWORD).ok();
    let me = linh.run("me").ok().out;
    assert!(me.contains("linh") && me.contains("requests per minute"), "{me}");
    let text = linh.run("me keys create --name laptop").ok().out;
    assert!(text.starts_with("np-") && text.lines().count() == 1, "{text}");
    let list = linh.run("me keys list").ok().out;
    assert!(list.contains("laptop") && list.contains("LAST USED"), "{list}");
    assert!(!list.contains("OWNER"), "{list}");
    let edited = linh.run("me keys edit laptop --concurrency 2 --json").ok().json();
    assert_eq!(edited["concurrency"], 2);
    linh.run("me keys edit laptop")
        .fails(2, "nothing to change; see `potluck me keys edit --help`");
    let rotated = linh.run("me keys rotate laptop --old-lives 1h").ok().out;
    assert_ne!(rotated, text);
    let shown = linh.run("me keys show laptop").ok().out;
    assert!(shown.contains("not used since it was replaced"), "{shown}");
    linh.run("me keys revoke laptop").fails(2, "give --yes");
    linh.run("me keys revoke laptop --yes").ok();
    linh.run("me keys usage laptop").fails(1, "no client key called");
    let (usage, requests) = (linh.run("me usage").ok().out, linh.run("me requests").ok().out);
    assert!(usage.starts_with("0 requests in the last 24h"), "{usage}");
    assert!(requests.contains("No requests in this time."), "{requests}");
    linh.run("keys list").fails(1, "needs the role `admin`");
}

#[test]
fn a_member_brings_pool_keys_after_reading_what_that_risks() {
    let linh = Linh::new();
    linh.log_in(PASSWORD).ok();
    let asked = linh.run_with("me pool-keys add novelai", POOL_KEY);
    let asked = asked.fails(2, "give --accept-risk");
    assert!(asked.err.len() > 200, "the notice is shown: {}", asked.err);
    let add = "me pool-keys add novelai --label mine --accept-risk --json";
    let added = linh.run_with(add, POOL_KEY).ok().json();
    assert_eq!(
        (&added["label"], &added["caps"]["free_only"]),
        (&"mine".into(), &true.into())
    );
    let import = "me pool-keys import vercel --label many --accept-risk --no-wait --json";
    let lines = "vck_one_11111111111111111111\n# mine\nvck_one_11111111111111111111\nnot a key\n";
    let imported = linh.run_with(import, lines);
    assert_eq!(imported.code, 1, "{}", imported.err);
    let states: Vec<Value> = imported.json()["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["state"].clone())
        .collect();
    assert_eq!(
        states[1..],
        [Value::from("duplicate"), "invalid".into()],
        "{states:?}"
    );
    let list = linh.run("me pool-keys list").ok().out;
    assert!(list.contains("mine") && !list.contains("CONTRIBUTOR"), "{list}");
    linh.run("me pool-keys pause mine").ok();
    let shown = linh.run("me pool-keys show mine").ok().out;
    assert!(shown.contains("paused by its contributor"), "{shown}");
    linh.run("me pool-keys resume mine").ok();
    linh.run("me pool-keys caps mine --keep-anlas 50").ok();
    let caps = linh.run("me pool-keys caps mine --clear --json").ok().json();
    assert_eq!(
        (&caps["keep_anlas"], &caps["free_only"]),
        (&0.into(), &false.into())
    );
    linh.run("me pool-keys history mine").ok();
    let live = linh.run("me live").ok().out;
    assert!(live.contains("No requests are on their way."), "{live}");
    let usage = linh.run("me pool-keys usage mine").ok().out;
    assert!(usage.contains("It served nothing in these days."), "{usage}");
    linh.run("me pool-keys withdraw mine --yes").ok();
    linh.run("me pool-keys show mine")
        .fails(1, "there is no pool key called");
    let of_admins = linh.folder.run("pool list --json").ok().json();
    assert_eq!(of_admins["items"][0]["contributor_name"], "linh");
    assert!(!has(&linh.folder.everything(), POOL_KEY));
}

#[test]
fn what_proves_who_somebody_is_they_change_in_person() {
    let linh = Linh::new();
    let at = "--user linh --password-stdin";
    let listed = linh
        .run_with(&format!("me sessions list {at} --json"), PASSWORD)
        .ok();
    assert_eq!(listed.json()["items"][0]["current"], true);
    let other = "lunar quilt obey tram";
    linh.run_with(&format!("me password {at}"), &format!("{PASSWORD}\n{other}\n"))
        .ok();
    linh.log_in(PASSWORD).fails(1, "name or password is wrong");
    let export = linh.run_with(&format!("me export {at}"), other).ok();
    assert_eq!(export.json()["user"]["name"], "linh", "{}", export.out);
    linh.run_with(&format!("me delete {at}"), other)
        .fails(2, "give --yes");
    linh.run_with(&format!("me delete {at} --yes"), other).ok();
    linh.log_in(other).fails(1, "name or password is wrong");
}

#[test]
fn recovery_codes_are_made_anew_and_a_second_factor_taken_away_by_who_has_it() {
    let linh = Linh::new();
    let (_totp, recovery) = linh.takes_a_second_factor();
    let at = "--user linh --password-stdin";
    let codes = |one: &str, other: &str| format!("{PASSWORD}\n{one}\n{other}\n");
    let anew = linh.run_with(
        &format!("me totp recovery-codes {at}"),
        &codes(&recovery[0], &recovery[1]),
    );
    let anew: Vec<String> = anew.ok().out.lines().map(str::to_owned).collect();
    assert_eq!(anew.len(), recovery.len());
    let other = format!("me totp disable {at}");
    linh.run_with(&other, &codes(&recovery[2], &anew[0]))
        .fails(1, "the code is wrong or was used");
    linh.run_with(&other, &codes(&anew[0], &anew[1])).ok();
    linh.run_with(&format!("me sessions end --all {at}"), PASSWORD)
        .ok();
    linh.log_in(PASSWORD).ok();
}
