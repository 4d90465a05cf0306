//! Which addresses are public, and what is not followed to one that is not.

use super::{FetchOptions, check_public, follow, is_public};
use crate::core::failure::FailureKind;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::time::Duration;

#[tokio::test]
async fn a_redirect_to_a_forbidden_address_is_not_followed() {
    let [public, private] = ["127.0.0.1:0", "127.0.0.2:0"].map(|at| TcpListener::bind(at).unwrap());
    let (start, secret) = (public.local_addr().unwrap(), private.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut connection = public.accept().unwrap().0;
        let mut head = [0; 4096];
        assert!(connection.read(&mut head).unwrap() > 0);
        write!(connection, "HTTP/1.1 302 Found\r\nlocation: http://{secret}/\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let timeout = Duration::from_secs(60);
    let options = FetchOptions { max_bytes: 9, timeout, allow_private: false, user_agent: String::new() };
    let one = |address: IpAddr| address == start.ip();
    let failure = follow(&format!("http://{start}/"), &options, one).await.unwrap_err();
    assert_eq!((failure.kind, failure.message.contains("127.0.0.2")), (FailureKind::Denied, true), "{failure}");
    server.join().unwrap();
    private.set_nonblocking(true).unwrap();
    assert!(private.accept().is_err(), "somebody connected");
}

#[test]
fn only_public_addresses_are_public() {
    for address in
        ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
    {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "0.0.0.0",
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fec0::1",
        "100::1",
        "5f00::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn another_server_is_sent_to_public_hosts_only() {
    for (url, refused) in [
        ("https://a.example/b.png?c=d", None),
        ("http://8.8.8.8:8080/", None),
        ("https://localhost.example/", None),
        ("https://[2606:4700::1111]/", None),
        ("http://127.0.0.1:9/", Some(FailureKind::Denied)),
        ("http://2130706433/", Some(FailureKind::Denied)),
        ("http://[::1]/", Some(FailureKind::Denied)),
        ("http://169.254.169.254/latest", Some(FailureKind::Denied)),
        ("http://LOCALHOST/", Some(FailureKind::Denied)),
        ("http://a.localhost./", Some(FailureKind::Denied)),
        ("https://me:word@a.example/", Some(FailureKind::Invalid)),
        ("ftp://a.example/", Some(FailureKind::Invalid)),
        ("https://", Some(FailureKind::Invalid)),
    ] {
        assert_eq!(check_public(url, false).err().map(|failure| failure.kind), refused, "{url}");
    }
    assert_eq!(check_public("http://127.0.0.1:9/", true), Ok(()));
}
