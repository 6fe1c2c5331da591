//! The same with a relay running, and two relays at once.

use super::*;

/// A relay that runs until it is dropped.
pub(super) struct Relay {
    process: Child,
    address: String,
}

impl Relay {
    pub(super) fn start(folder: &Folder) -> Self {
        let mut child = folder
            .command("serve --set listen.address=127.0.0.1:0")
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        let serving = lines.by_ref().map_while(Result::ok).any(|line| {
            seen.push_str(&line);
            line.contains("serving")
        });
        assert!(serving, "{seen}");
        let (_, address) = seen.rsplit_once("address=").unwrap();
        let address = address.split_whitespace().next().unwrap().to_owned();
        // Read on, so that the relay never waits for its log to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let process = child;
        Self { process, address }
    }

    /// Where its pages and its API are.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_same_commands_do_the_same_with_the_relay_running() {
    let folder = Folder::ready();
    let mut answers = Vec::new();
    for running in [false, true] {
        let relay = running.then(|| Relay::start(&folder));
        let created = folder.run("keys create --name same --json").ok().json();
        let id = &created["key"]["id"];
        let list = folder.run("keys list --json").ok().json();
        assert_eq!(
            list["items"].as_array().unwrap().len(),
            if running { 2 } else { 1 }
        );
        folder.run(&format!("keys update {id} --deactivate")).ok();
        let shown = folder.run(&format!("keys show {id} --json")).ok().json();
        let deleted = folder.run(&format!("keys delete {id} --yes --json")).ok().json();
        let fails = folder.run("keys show 99").fails(1, "there is no");
        let unfit = folder
            .run_with("pool add novelai", "", &[])
            .fails(1, "the key is empty");
        answers.push((
            shown["state"].clone(),
            deleted["state"].clone(),
            fails.err,
            unfit.err,
        ));
        let status = folder.run("status --json").ok().json();
        assert_eq!(status["edge"].is_null(), !running, "{status}");
        let text = folder.run("status").ok().out;
        assert!(
            text.contains(if running {
                "relay               running"
            } else {
                "not running"
            }),
            "{text}"
        );
        drop(relay);
    }
    assert_eq!(answers[0], answers[1]);
}

/// What a command says as soon as it says this: the relay looks by and by.
fn told(folder: &Folder, line: &str, sought: &str) -> String {
    let told = (0..300).find_map(|_| {
        let out = folder.run(line).ok().out;
        let said = out.contains(sought).then_some(out);
        std::thread::sleep(Duration::from_millis(if said.is_some() { 0 } else { 20 }));
        said
    });
    told.unwrap_or_else(|| panic!("`{line}` does not tell of {sought}"))
}

#[test]
fn a_running_relay_tells_how_things_fared_and_what_is_on_its_way() {
    let folder = Folder::ready();
    let nothing = folder.run("nodes history novelai image").ok().out;
    assert!(nothing.contains("Nothing is known of it yet."), "{nothing}");
    folder.run("nodes history novelai nope").fails(1, "no node");
    let line = "pool add novelai --label mine";
    folder
        .run_with(line, "a-key-of-nobody-0123456789abcdef", &[])
        .ok();
    let _relay = Relay::start(&folder);
    folder.run("pool pause mine").ok();
    let history = told(&folder, "pool history mine --range 2h", "paused");
    assert!(history.contains("novelai: paused since"), "{history}");
    told(&folder, "nodes history novelai image", "novelai: ");
    assert!(folder.run("live").ok().out.contains("No requests"));
    let waiting = folder.run("live --queue novelai --json").ok().json();
    assert_eq!(waiting["total"], 0);
    folder.run("live --queue nope").fails(1, "there are: novelai");
}

#[test]
fn a_second_relay_on_the_same_data_is_refused() {
    let folder = Folder::ready();
    let _first = Relay::start(&folder);
    folder
        .run("serve --set listen.address=127.0.0.1:0")
        .fails(69, "is in use by another potluck (process ");
}

#[test]
fn a_socket_left_by_a_relay_that_died_does_no_harm() {
    let folder = Folder::ready();
    drop(Relay::start(&folder));
    assert!(folder.path("data/control.sock").exists());
    folder.run("keys list").ok();
    let _again = Relay::start(&folder);
    assert!(folder.run("status").ok().out.contains("running"));
}

#[test]
fn a_running_relay_probes_an_outbound_proxy_and_says_how_it_fares() {
    let folder = Folder::ready();
    let relay = Relay::start(&folder);
    // Nobody listens on port 1.
    folder.run("proxies add dead socks5://127.0.0.1:1").ok();
    folder.run("proxies check dead").fails(1, "assign it first");
    folder.run("proxies assign --upstream novelai dead").ok();
    folder
        .run("proxies check dead")
        .fails(1, "outbound proxy dead opens no way to novelai (unreachable)");
    let shown = folder.run("proxies show dead --json").ok().json();
    let event = &shown["live"]["history"][0];
    assert_eq!(
        (&event["why"], &event["by"]),
        (&"unreachable".into(), &"probe".into())
    );
    for _ in 0..2 {
        folder.run("proxies check dead").fails(1, "opens no way");
    }
    let history = told(&folder, "proxies history dead", "cooling");
    assert!(
        history.contains("a check") && history.contains("unreachable"),
        "{history}"
    );
    let replay = "proxies replay --failures 2 --cool-down 1m --json";
    let replayed = folder.run(replay).ok().json();
    assert_eq!(replayed["items"][0]["would"]["rests"], 1, "{replayed}");
    folder.run("proxies edit dead --disable").ok();
    folder.run("proxies check dead").fails(1, "is switched off");
    drop(relay);
}
