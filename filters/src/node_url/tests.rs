//! Which URLs are taken, and which never are.

use super::*;

mod hostile;

use hostile::HOSTILE;

fn networks(list: &[&str]) -> Vec<Network> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn no_hostile_url_is_taken_and_each_refusal_says_why() {
    for (url, why) in HOSTILE {
        let url = url.replace("PORT", "8443");
        let refused = judge(&url, Rules::default()).map_err(|unfit| unfit.to_string());
        let refused = refused.expect_err(&url);
        assert!(refused.contains(why), "{url}: {refused}");
    }
}

#[test]
fn plain_urls_are_taken_as_they_are_meant() {
    for (text, shown) in [
        ("https://gpu.example.org", "https://gpu.example.org"),
        ("HTTPS://GPU.Example.org:443/", "https://gpu.example.org"),
        (
            "https://gpu_1.example.org:8443/v1",
            "https://gpu_1.example.org:8443/v1",
        ),
        (
            "https://xn--bcher-kva.example/a/b~c/",
            "https://xn--bcher-kva.example/a/b~c",
        ),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700::1111]:8443", "https://[2606:4700::1111]:8443"),
    ] {
        let url = judge(text, Rules::default()).unwrap();
        assert_eq!(url.to_string(), shown);
        assert_eq!(shown.parse::<BaseUrl>().unwrap(), url);
    }
}

#[test]
fn private_networks_that_are_named_may_be_reached_and_others_not() {
    let named = networks(&["10.1.0.0/16", "127.0.0.0/8"]);
    let rules = Rules {
        allow_plaintext: false,
        private_networks: &named,
    };
    for url in [
        "https://10.1.2.3",
        "http://127.0.0.1:9",
        "http://localhost:9",
        "https://[::ffff:10.1.2.3]",
        "https://gpu.internal",
    ] {
        assert!(judge(url, rules).is_ok(), "{url}");
    }
    for (url, why) in [
        ("https://10.2.0.1", "private"),
        ("https://[fd00::1]", "private"),
        ("http://10.1.2.3", "in clear"),
        ("https://169.254.169.254", "link-local"),
        ("https://metadata.google.internal", "metadata"),
        ("https://2130706433", "usual form"),
    ] {
        let refused = judge(url, rules).unwrap_err().to_string();
        assert!(refused.contains(why), "{url}: {refused}");
    }
}

#[test]
fn plaintext_is_taken_where_the_upstream_says_so() {
    let rules = Rules {
        allow_plaintext: true,
        private_networks: &[],
    };
    assert!(judge("http://gpu.example.org:8000", rules).is_ok());
    assert!(judge("http://127.0.0.1:8000", rules).is_err());
}
