//! Linux: signals of logind on the system bus and of the screen saver on the session bus. A bus that is not there is not an
//! error: then the minutes in the background lock. Whoever can send these signals can lock the app, and no more.

use std::sync::Arc;

use futures_util::StreamExt as _;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream};

/// What is listened to: interface, member.
const SYSTEM: &[(&str, &str)] = &[
    ("org.freedesktop.login1.Session", "Lock"),
    ("org.freedesktop.login1.Manager", "PrepareForSleep"),
];
/// The same on the bus of the session.
const SESSION: &[(&str, &str)] = &[
    ("org.freedesktop.ScreenSaver", "ActiveChanged"),
    ("org.gnome.ScreenSaver", "ActiveChanged"),
];

/// Calls at each of them, from tasks of their own.
pub fn watch(on_off: impl Fn() + Send + Sync + 'static) {
    let on_off: Arc<dyn Fn() + Send + Sync> = Arc::new(on_off);
    let session = Arc::clone(&on_off);
    tauri::async_runtime::spawn(async move {
        say(listen(Connection::session().await, SESSION, session).await);
    });
    tauri::async_runtime::spawn(async move {
        say(listen(Connection::system().await, SYSTEM, on_off).await);
    });
}

fn say(ended: zbus::Result<()>) {
    if let Err(failure) = ended {
        tracing::info!(%failure, "the lock of the screen is not heard");
    }
}

/// Until the bus ends.
async fn listen(
    bus: zbus::Result<Connection>,
    signals: &[(&'static str, &'static str)],
    on_off: Arc<dyn Fn() + Send + Sync>,
) -> zbus::Result<()> {
    let bus = bus?;
    let mut streams = Vec::with_capacity(signals.len());
    for (interface, member) in signals {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(*interface)?
            .member(*member)?
            .build();
        streams.push(MessageStream::for_match_rule(rule, &bus, None).await?);
    }
    let mut all = futures_util::stream::select_all(streams);
    while let Some(message) = all.next().await {
        if is_off(&message?) {
            on_off();
        }
    }
    Ok(())
}

/// A signal that says "off" with a flag is about the other direction without it; `Lock` has none.
fn is_off(message: &Message) -> bool {
    let header = message.header();
    match header.member().map(zbus::names::MemberName::as_str) {
        Some("Lock") => true,
        Some(_) => message.body().deserialize::<bool>().unwrap_or(false),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;
    use crate::platform::bus::Bus;

    #[tokio::test]
    async fn a_screen_that_is_locked_or_sleeps_is_heard_and_one_that_comes_back_is_not() {
        let bus = Bus::start();
        let (heard, mut off) = mpsc::unbounded_channel();
        let signals: Vec<_> = SYSTEM.iter().chain(SESSION).copied().collect();
        let listener = bus.connect().await;
        tokio::spawn(async move {
            let on_off: Arc<dyn Fn() + Send + Sync> = Arc::new(move || heard.send(()).unwrap());
            listen(Ok(listener), &signals, on_off).await
        });
        let desktop = bus.connect().await;
        let emit = async |interface: &str, member: &str, flag: Option<bool>| match flag {
            Some(flag) => {
                desktop
                    .emit_signal(None::<&str>, "/screen", interface, member, &flag)
                    .await
            }
            None => {
                desktop
                    .emit_signal(None::<&str>, "/screen", interface, member, &())
                    .await
            }
        };
        // The listener may not be there yet: the first is said until it is heard.
        loop {
            emit("org.freedesktop.login1.Session", "Lock", None)
                .await
                .unwrap();
            let wait = tokio::time::timeout(Duration::from_millis(100), off.recv());
            if wait.await.is_ok() {
                break;
            }
        }
        while off.try_recv().is_ok() {}
        for (interface, member) in [
            ("org.freedesktop.login1.Manager", "PrepareForSleep"),
            ("org.freedesktop.ScreenSaver", "ActiveChanged"),
            ("org.gnome.ScreenSaver", "ActiveChanged"),
        ] {
            emit(interface, member, Some(false)).await.unwrap();
            emit("org.freedesktop.login1.Session", "Unlock", None)
                .await
                .unwrap();
            emit(interface, member, Some(true)).await.unwrap();
            off.recv().await.unwrap();
            assert!(off.try_recv().is_err(), "{interface} was heard once");
        }
    }

    #[tokio::test]
    async fn without_a_bus_nothing_is_heard_and_nothing_breaks() {
        let nowhere = zbus::connection::Builder::address("unix:path=/nonexistent/bus")
            .unwrap()
            .build()
            .await;
        assert!(listen(nowhere, SESSION, Arc::new(|| ())).await.is_err());
    }
}
