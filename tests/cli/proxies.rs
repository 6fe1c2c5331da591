//! Outbound proxies, with no relay running.

use super::*;

const PASSWORD: &str = "Egress-Pa55-Wx8LqTv";

#[test]
fn proxies_are_added_assigned_shown_and_removed_before_a_relay_runs() {
    let folder = Folder::ready();
    let line = "proxies add paris socks5://proxy.example.org:1080 --username relay-user";
    let added = folder.run_with(line, &format!("{PASSWORD}\n"), &[]).ok();
    assert!(
        added.out.contains("socks5://proxy.example.org:1080"),
        "{}",
        added.out
    );
    assert!(
        added
            .err
            .contains("`potluck proxies assign --upstream NAME paris`"),
        "{}",
        added.err
    );
    folder.run("proxies add rome http://192.0.2.7:3128").ok();
    folder.run("proxies assign --upstream novelai paris rome").ok();
    let told = folder.run("proxies assign --upstream novelai").ok();
    assert!(told.out.contains("leaves through  paris, rome"), "{}", told.out);
    let list = folder.run("proxies list --json").ok();
    let items = list.json()["items"].clone();
    assert_eq!(
        (&items[0]["has_login"], &items[0]["upstreams"][0]),
        (&true.into(), &"novelai".into())
    );
    folder
        .run("proxies remove paris --yes")
        .fails(1, "is used by upstream novelai; take it out of their lists first");
    folder
        .run("proxies assign --upstream novelai --clear")
        .fails(2, "will leave straight from this machine. Go on?");
    folder.run("proxies assign --upstream novelai rome").ok();
    folder.run("proxies check rome").fails(1, "no relay runs here");
    folder
        .run("proxies edit paris --url socks5://other.example.org:1080")
        .fails(1, "give the login again");
    folder.run("proxies edit paris --no-login --disable").ok();
    let shown = folder.run("proxies show paris").ok();
    assert!(shown.out.contains("switched off"), "{}", shown.out);
    folder.run("proxies remove paris").fails(
        2,
        "Remove outbound proxy paris (socks5://proxy.example.org:1080) for ever?",
    );
    folder.run("proxies remove paris --yes").ok();
    folder
        .run("proxies show paris")
        .fails(1, "there is no outbound proxy called paris");
    for text in [list.out, added.out, added.err, shown.out] {
        assert!(!text.contains(PASSWORD) && !text.contains("relay-user"), "{text}");
    }
    let everything = folder.everything();
    assert!(
        !has(&everything, PASSWORD) && !has(&everything, "relay-user"),
        "sealed, then gone"
    );
}

#[test]
fn a_login_in_a_url_is_refused_with_the_way_out() {
    let folder = Folder::ready();
    folder
        .run("proxies add bad socks5://me:secret@proxy.example.org:1080")
        .fails(
            2,
            "give the user name with --username and the password on standard input",
        );
}
