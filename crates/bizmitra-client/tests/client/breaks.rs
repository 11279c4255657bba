//! Connections that break before and after the request may have arrived.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::*;

/// Accepts connections, reads the request's head, writes `answer` and hangs up.
async fn hang_up_after(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4096];
            assert!(stream.read(&mut head).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        }
    });
    origin
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert_eq!(
        send(&format!("http://127.0.0.1:{port}"), post("/x")).await,
        Err(ApiError::NotSent)
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_sent_nothing() {
    assert_eq!(
        send("https://no-such-host.invalid", post("/x")).await,
        Err(ApiError::NotSent)
    );
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_leaves_doubt() {
    let origin = hang_up_after(b"").await;
    assert_eq!(send(&origin, post("/x")).await, Err(ApiError::AnswerLost));
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_doubt() {
    let origin = hang_up_after(
        b"HTTP/1.1 200 OK\r\nbizmitra-server: 0.1.0\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half",
    )
    .await;
    assert_eq!(send(&origin, post("/x")).await, Err(ApiError::AnswerLost));
}

#[tokio::test]
async fn an_answer_that_is_no_http_leaves_doubt() {
    let origin = hang_up_after(b"220 mail.example.com ESMTP\r\n").await;
    assert_eq!(send(&origin, post("/x")).await, Err(ApiError::AnswerLost));
}

#[tokio::test]
async fn a_tls_handshake_that_is_cut_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop::<TcpStream>(stream);
        }
    });
    assert_eq!(
        send(&format!("https://127.0.0.1:{port}"), post("/x")).await,
        Err(ApiError::NotSent)
    );
}

#[tokio::test]
async fn a_request_without_a_key_to_sign_it_is_not_sent() {
    let origin = hang_up_after(b"").await;
    let api = HttpApi::new(
        &origin,
        None,
        &Roots::bundled(),
        Arc::new(TestClock::default()),
    )
    .unwrap();
    assert_eq!(
        api.send(Request {
            sign_as: Some(device()),
            ..post("/x")
        })
        .await,
        Err(ApiError::NotSent)
    );
}
