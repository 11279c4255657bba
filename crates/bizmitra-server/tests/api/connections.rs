//! Connections that are slow, silent or too many.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use crate::host::{HEALTH, Host, ask, is_served, until_closed};

/// Seconds until the server closes, and what it said before.
async fn closed_after_s(stream: &mut (impl AsyncReadExt + Unpin)) -> (u64, String) {
    let start = Instant::now();
    let said = timeout(Duration::from_secs(300), until_closed(stream))
        .await
        .unwrap();
    (start.elapsed().as_secs(), String::from_utf8(said).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_cut_after_twenty_seconds() {
    let host = Host::start(|_, _| ()).await;
    let mut silent = host.connect().await;
    assert_eq!(closed_after_s(&mut silent).await, (20, String::new()));
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut_although_it_never_pauses() {
    let host = Host::start(|_, _| ()).await;
    let (mut reading, mut writing) = host.connect().await.into_split();
    let dripping = tokio::spawn(async move {
        for byte in HEALTH.iter().cycle().filter(|byte| **byte != b'\n') {
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
    });
    let (seconds, said) = closed_after_s(&mut reading).await;
    assert_eq!(seconds, 20);
    assert!(!said.contains("200 OK"), "{said}");
    dripping.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_serves_many_requests_and_is_cut_when_it_is_idle() {
    let host = Host::start(|_, _| ()).await;
    let mut stream = host.connect().await;
    for _ in 0..5 {
        sleep(Duration::from_secs(15)).await;
        assert!(
            ask(&mut stream, HEALTH)
                .await
                .starts_with("HTTP/1.1 200 OK")
        );
    }
    assert_eq!(closed_after_s(&mut stream).await, (20, String::new()));
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_is_refused_and_cut_after_half_a_minute() {
    let host = Host::start(|_, _| ()).await;
    let (mut reading, mut writing) = host.connect().await.into_split();
    let head =
        b"POST /v1/invitations/check HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000\r\n\r\n";
    writing.write_all(head).await.unwrap();
    let dripping = tokio::spawn(async move {
        while writing.write_all(b" ").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let (seconds, said) = closed_after_s(&mut reading).await;
    assert_eq!(seconds, 30);
    assert!(said.starts_with("HTTP/1.1 503"), "{said}");
    dripping.abort();
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_its_answers_is_cut() {
    let host = Host::start(|_, _| ()).await;
    let mut stream = host.connect().await;
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let start = Instant::now();
    // More than the buffers of both ends hold.
    let writing = async { while stream.write_all(request).await.is_ok() {} };
    timeout(Duration::from_secs(120), writing).await.unwrap();
    assert!(
        (20..60).contains(&start.elapsed().as_secs()),
        "{:?}",
        start.elapsed()
    );
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_too_long_is_refused() {
    let host = Host::start(|_, _| ()).await;
    let mut stream = host.connect().await;
    let long = format!(
        "GET /health HTTP/1.1\r\nx-long: {}\r\n\r\n",
        "x".repeat(40_000)
    );
    stream.write_all(long.as_bytes()).await.ok();
    let (_, said) = closed_after_s(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    let mut stream = host.connect().await;
    let many = format!("GET /health HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(65));
    stream.write_all(many.as_bytes()).await.ok();
    let (_, said) = closed_after_s(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_address_holds_no_more_connections_than_its_share() {
    let host = Host::start(|folder, config| {
        config.devices_per_address = 4;
        config.auth_log = Some(folder.join("auth.log"));
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = host.connect().await;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
    assert!(!is_served(&mut host.connect().await).await);
    // A seat is free again as soon as its connection ends.
    held.pop();
    sleep(Duration::from_millis(10)).await;
    assert!(is_served(&mut host.connect().await).await);
    let log = std::fs::read_to_string(host.folder.path().join("auth.log")).unwrap();
    assert!(log.ends_with(" limited 127.0.0.1\n"), "{log}");
    drop(held);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_proxy_of_ours_holds_more_than_one_address_may_and_all_together_have_an_end() {
    let host = Host::start(|_, config| {
        config.devices_per_address = 4;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut stream = host.connect().await;
        assert!(is_served(&mut stream).await);
        held.push(stream);
    }
    assert!(!is_served(&mut host.connect().await).await);
    drop(held);
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_address_of_the_socket_and_what_a_proxy_says_reach_the_limits() {
    let host = Host::start(|folder, config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.auth_log = Some(folder.join("auth.log"));
    })
    .await;
    let body = "{\"code\":\"0000000000\"}";
    let wrong_code = |forwarded_for: &str| {
        format!(
            "POST /v1/invitations/check HTTP/1.1\r\nhost: localhost\r\n{forwarded_for}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut stream = host.connect().await;
    for number in 0..62 {
        let spoofed =
            format!("x-forwarded-for: 192.0.2.{number}\r\nx-forwarded-for: 203.0.113.9\r\n");
        let answer = ask(&mut stream, wrong_code(&spoofed).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    let limited = ask(
        &mut stream,
        wrong_code("x-forwarded-for: 203.0.113.9\r\n").as_bytes(),
    )
    .await;
    assert!(limited.starts_with("HTTP/1.1 429"), "{limited}");
    assert!(
        limited
            .to_ascii_lowercase()
            .contains("\r\nretry-after: 10\r\n"),
        "{limited}"
    );
    assert!(
        limited.contains("\"code\":\"too_many_requests\""),
        "{limited}"
    );
    let other = ask(&mut stream, wrong_code("").as_bytes()).await;
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    let log = std::fs::read_to_string(host.folder.path().join("auth.log")).unwrap();
    let addresses: Vec<&str> = log
        .lines()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    assert_eq!(addresses.len(), 64);
    assert!(
        addresses[..63]
            .iter()
            .all(|address| *address == "203.0.113.9")
    );
    assert_eq!(addresses[63], "127.0.0.1");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_silent_client() {
    let host = Host::start(|_, _| ()).await;
    let mut idle = host.connect().await;
    assert!(is_served(&mut idle).await);
    let _silent = host.connect().await;
    let start = Instant::now();
    host.stop().await;
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}
