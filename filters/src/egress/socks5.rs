//! What is said to a SOCKS5 proxy (RFC 1928, with user name and password by RFC 1929), and what its
//! answers mean. The target's name is sent as it is: the proxy looks it up.

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::Trouble;
use crate::model::ProxyLogin;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
/// Bytes of a reply up to where its length is known: version, reply, reserved, address type, and the
/// first byte of the address, which for a name is its length.
pub const REPLY_HEAD: usize = 5;

/// The greeting: which ways of logging in are offered.
#[must_use]
pub fn greeting(login: Option<&ProxyLogin>) -> &'static [u8] {
    match login {
        None => &[VERSION, 1, NO_LOGIN],
        Some(_) => &[VERSION, 2, NO_LOGIN, PASSWORD],
    }
}

/// Whether the proxy wants the login that was offered.
///
/// # Errors
/// When it wants another, or speaks something else.
pub fn wants_login(chosen: [u8; 2], login: Option<&ProxyLogin>) -> Result<bool, Trouble> {
    match chosen {
        [VERSION, NO_LOGIN] => Ok(false),
        [VERSION, PASSWORD] if login.is_some() => Ok(true),
        [VERSION, _] => Err(Trouble::LoginRefused),
        [_, _] => Err(Trouble::Garbled),
    }
}

/// User name and password.
#[must_use]
pub fn login(login: &ProxyLogin) -> Zeroizing<Vec<u8>> {
    // At most 255 bytes each, as a login is checked when it is made.
    let mut message = Zeroizing::new(Vec::with_capacity(3 + 2 * 255));
    message.push(1);
    for text in [&login.username, &login.password] {
        message.push(u8::try_from(text.expose().len()).unwrap_or(u8::MAX));
        message.extend_from_slice(text.expose().as_bytes());
    }
    message
}

/// Whether the proxy took the login.
///
/// # Errors
/// When it did not.
pub fn logged_in(answer: [u8; 2]) -> Result<(), Trouble> {
    match answer {
        [_, 0] => Ok(()),
        [_, _] => Err(Trouble::LoginRefused),
    }
}

/// The request for a way to `host:port`.
#[must_use]
pub fn request(host: &str, port: u16) -> Vec<u8> {
    let mut message = vec![VERSION, CONNECT, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            message.push(1);
            message.extend_from_slice(&v4.octets());
        }
        Ok(IpAddr::V6(v6)) => {
            message.push(4);
            message.extend_from_slice(&v6.octets());
        }
        Err(_) => {
            message.push(3);
            // Host names have at most 253 bytes; a longer one could not be looked up by anybody.
            message.push(u8::try_from(host.len()).unwrap_or(u8::MAX));
            message.extend(host.bytes().take(255));
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    message
}

/// How many bytes follow the head of a reply.
///
/// # Errors
/// When there is no way, or the proxy speaks something else.
pub fn reply(head: [u8; REPLY_HEAD]) -> Result<usize, Trouble> {
    let [version, reply, _, address, first] = head;
    if version != VERSION {
        return Err(Trouble::Garbled);
    }
    match reply {
        0 => {}
        2 => return Err(Trouble::Forbidden),
        1..=8 => return Err(Trouble::NotThrough),
        _ => return Err(Trouble::Garbled),
    }
    // The bound address without its first byte, and the port.
    match address {
        1 => Ok(3 + 2),
        4 => Ok(15 + 2),
        3 => Ok(usize::from(first) + 2),
        _ => Err(Trouble::Garbled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn alice() -> ProxyLogin {
        ProxyLogin::new(Secret::new("alice"), Secret::new("pw")).unwrap()
    }

    #[test]
    fn a_login_is_offered_only_where_there_is_one() {
        assert_eq!(greeting(None), [5, 1, 0]);
        assert_eq!(greeting(Some(&alice())), [5, 2, 0, 2]);
        assert_eq!(*login(&alice()), b"\x01\x05alice\x02pw");
    }

    #[test]
    fn the_choice_of_a_login_is_understood() {
        let alice = alice();
        assert_eq!(wants_login([5, 0], None), Ok(false));
        assert_eq!(wants_login([5, 0], Some(&alice)), Ok(false));
        assert_eq!(wants_login([5, 2], Some(&alice)), Ok(true));
        assert_eq!(wants_login([5, 2], None), Err(Trouble::LoginRefused));
        assert_eq!(wants_login([5, 255], Some(&alice)), Err(Trouble::LoginRefused));
        assert_eq!(wants_login(*b"HT", Some(&alice)), Err(Trouble::Garbled));
        assert_eq!(logged_in([1, 0]), Ok(()));
        assert_eq!(logged_in([1, 1]), Err(Trouble::LoginRefused));
    }

    #[test]
    fn names_go_to_the_proxy_as_they_are() {
        assert_eq!(
            request("api.example", 443),
            b"\x05\x01\x00\x03\x0bapi.example\x01\xbb"
        );
        assert_eq!(request("127.0.0.1", 80), [5, 1, 0, 1, 127, 0, 0, 1, 0, 80]);
        assert_eq!(request("::1", 80).len(), 4 + 16 + 2);
    }

    #[test]
    fn replies_are_read_to_their_end_or_say_what_is_wrong() {
        assert_eq!(reply([5, 0, 0, 1, 0]), Ok(5));
        assert_eq!(reply([5, 0, 0, 4, 0]), Ok(17));
        assert_eq!(reply([5, 0, 0, 3, 9]), Ok(11));
        assert_eq!(reply([5, 0, 0, 9, 0]), Err(Trouble::Garbled));
        assert_eq!(reply([5, 2, 0, 1, 0]), Err(Trouble::Forbidden));
        for code in [1, 3, 4, 5, 6, 7, 8] {
            assert_eq!(reply([5, code, 0, 1, 0]), Err(Trouble::NotThrough));
        }
        assert_eq!(reply([5, 99, 0, 1, 0]), Err(Trouble::Garbled));
        assert_eq!(reply(*b"HTTP/"), Err(Trouble::Garbled));
    }
}
