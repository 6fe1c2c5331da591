use proptest::prelude::*;

use super::*;

fn check(address: &str, allowed: &[&str], expected: Result<(), Why>) {
    let allowed: Vec<Network> = allowed.iter().map(|network| network.parse().unwrap()).collect();
    assert_eq!(judge(address.parse().unwrap(), &allowed), expected, "{address}");
}

#[test]
fn public_addresses_pass() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "169.253.1.1",
        "198.17.1.1",
        "198.20.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        check(address, &[], Ok(()));
    }
}

#[test]
fn secrets_of_the_machine_and_what_is_no_machine_are_refused_whatever_is_allowed() {
    let all = ["0.0.0.0/0", "::/0"];
    for (address, why) in [
        ("169.254.169.254", Why::LinkLocal),
        ("169.254.170.2", Why::LinkLocal),
        ("::ffff:169.254.169.254", Why::LinkLocal),
        ("::169.254.169.254", Why::LinkLocal),
        ("::ffff:0:169.254.169.254", Why::LinkLocal),
        ("64:ff9b::a9fe:a9fe", Why::LinkLocal),
        ("64:ff9b:1::a9fe:a9fe", Why::LinkLocal),
        ("2002:a9fe:a9fe::1", Why::LinkLocal),
        ("2001:0:1::5601:5601", Why::LinkLocal),
        ("2a00::5efe:a9fe:a9fe", Why::LinkLocal),
        ("2a00::200:5efe:a9fe:a9fe", Why::LinkLocal),
        ("fe80::1", Why::LinkLocal),
        ("febf::1", Why::LinkLocal),
        ("fd00:ec2::254", Why::Metadata),
        ("fd20:ce::254", Why::Metadata),
        ("100.100.100.200", Why::Metadata),
        ("::ffff:100.100.100.200", Why::Metadata),
        ("192.0.0.192", Why::Metadata),
        ("168.63.129.16", Why::Metadata),
        ("0.0.0.0", Why::Nowhere),
        ("0.1.2.3", Why::Nowhere),
        ("::", Why::Nowhere),
        ("::ffff:0.0.0.0", Why::Nowhere),
        ("224.0.0.1", Why::Nowhere),
        ("239.255.255.250", Why::Nowhere),
        ("255.255.255.255", Why::Nowhere),
        ("ff02::1", Why::Nowhere),
        ("240.0.0.1", Why::Reserved),
        ("255.255.255.254", Why::Reserved),
        ("192.0.2.1", Why::Reserved),
        ("198.51.100.1", Why::Reserved),
        ("203.0.113.1", Why::Reserved),
        ("198.18.0.1", Why::Reserved),
        ("192.88.99.1", Why::Reserved),
        ("2001:db8::1", Why::Reserved),
        ("100::1", Why::Reserved),
        ("3fff::1", Why::Reserved),
        ("5f00::1", Why::Reserved),
        ("4000::1", Why::Reserved),
    ] {
        check(address, &[], Err(why));
        check(address, &all, Err(why));
    }
}

#[test]
fn private_addresses_need_a_network_that_contains_them_in_whichever_form() {
    for (address, why, network, other) in [
        ("127.0.0.1", Why::Loopback, "127.0.0.0/8", "10.0.0.0/8"),
        ("127.255.255.254", Why::Loopback, "127.0.0.0/8", "127.0.0.0/30"),
        ("::1", Why::Loopback, "::1/128", "127.0.0.0/8"),
        ("::ffff:127.0.0.1", Why::Loopback, "127.0.0.0/8", "::1/128"),
        ("::127.0.0.1", Why::Loopback, "127.0.0.0/8", "::/96"),
        ("64:ff9b::7f00:1", Why::Loopback, "127.0.0.0/8", "64:ff9b::/96"),
        ("2002:7f00:1::", Why::Loopback, "127.0.0.1", "2002::/16"),
        ("10.1.2.3", Why::Private, "10.0.0.0/8", "10.2.0.0/16"),
        ("172.16.0.1", Why::Private, "172.16.0.0/12", "10.0.0.0/8"),
        ("172.31.255.255", Why::Private, "172.16.0.0/12", "172.16.0.0/16"),
        ("192.168.1.1", Why::Private, "192.168.1.0/24", "192.168.0.0/24"),
        ("100.64.0.1", Why::Private, "100.64.0.0/10", "10.0.0.0/8"),
        ("::ffff:10.0.0.1", Why::Private, "10.0.0.0/8", "fc00::/7"),
        ("2002:c0a8:101::1", Why::Private, "192.168.0.0/16", "2002::/16"),
        ("fd12::1", Why::Private, "fd00::/8", "10.0.0.0/8"),
        ("fc00::1", Why::Private, "fc00::/7", "fd00::/8"),
        ("fec0::1", Why::Private, "fec0::/10", "fc00::/7"),
    ] {
        check(address, &[], Err(why));
        check(address, &[other], Err(why));
        check(address, &[other, network], Ok(()));
    }
}

#[test]
fn what_the_configuration_names_needs_no_other_leave() {
    let reaches = |url: &str, configured, address: &str, private: &[&str]| {
        let private = private.iter().map(|network| network.parse().unwrap()).collect();
        let allowed = allowed(&url.parse().unwrap(), configured, &private);
        judge(address.parse().unwrap(), &allowed).is_ok()
    };
    assert!(reaches("http://127.0.0.1:8080", true, "127.0.0.1", &[]));
    assert!(!reaches("http://127.0.0.1:8080", true, "127.0.0.2", &[]));
    assert!(!reaches("http://127.0.0.1:8080", false, "127.0.0.1", &[]));
    assert!(reaches("http://[::1]:8080", true, "::1", &[]));
    assert!(reaches("http://localhost:8080", true, "127.0.0.1", &[]));
    assert!(reaches("http://localhost:8080", true, "::1", &[]));
    assert!(!reaches("http://localhost:8080", true, "10.0.0.1", &[]));
    assert!(!reaches("http://localhost:8080", false, "127.0.0.1", &[]));
    assert!(!reaches("https://gpu.lan", true, "10.0.0.1", &[]));
    assert!(reaches("https://gpu.lan", true, "10.0.0.1", &["10.0.0.0/8"]));
    assert!(reaches("https://gpu.lan", false, "10.0.0.1", &["10.0.0.0/8"]));
    assert!(!reaches("http://169.254.169.254", true, "169.254.169.254", &[]));
}

proptest! {
    #[test]
    fn an_address_that_carries_another_is_judged_as_that_one(bits in any::<u32>()) {
        let v4 = Ipv4Addr::from(bits);
        let plain = judge(IpAddr::V4(v4), &[]);
        let wide = u128::from(bits);
        let forms = [
            0xffff_0000_0000 | wide,
            0x0064_ff9b_0000_0000_0000_0000_0000_0000 | wide,
            0x2002 << 112 | wide << 80,
            0x2001 << 112 | u128::from(!bits),
        ];
        for form in forms {
            prop_assert_eq!(judge(Ipv6Addr::from(form).into(), &[]), plain, "{}", Ipv6Addr::from(form));
        }
    }
}
