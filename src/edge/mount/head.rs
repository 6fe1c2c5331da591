//! What of a head is said to the other side, and what was said to this hop alone.

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Version};

const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Takes out what was said to this hop.
pub(super) fn leave_hop(headers: &mut HeaderMap) {
    HOP_BY_HOP.iter().for_each(|name| {
        headers.remove(name);
    });
}

/// What the client says to the control plane, without what it says to this hop. h2 names the host in its target.
pub(super) fn headers_of(sent: &HeaderMap, version: Version, target: &http::Uri) -> HeaderMap {
    let mut headers = sent.clone();
    leave_hop(&mut headers);
    headers.remove(CONTENT_LENGTH);
    if version == Version::HTTP_2 && !headers.contains_key(HOST) {
        let named = target.authority().map(http::uri::Authority::as_str);
        if let Some(Ok(host)) = named.map(HeaderValue::from_str) {
            headers.insert(HOST, host);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_names_its_host_in_the_target_and_what_is_for_this_hop_stays_here() {
        let sent = [
            (TE, "trailers"),
            (CONTENT_LENGTH, "3"),
            (http::header::ACCEPT, "*/*"),
        ];
        let sent: HeaderMap = sent
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect();
        let target: http::Uri = "http://relay.example:5002/manage/v1/keys".parse().unwrap();
        let headers = headers_of(&sent, Version::HTTP_2, &target);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers[HOST], "relay.example:5002");
        assert_eq!(headers_of(&sent, Version::HTTP_11, &target).len(), 1);
    }
}
