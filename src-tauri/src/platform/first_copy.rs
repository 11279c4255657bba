//! Linux: hands over to a copy that runs already, before this one opens anything.
//!
//! The single-instance plugin does it too and stays for what this misses: two copies started at once. But it asks when the
//! window system is connected, and from then on tao listens to X11 in a thread of its own. A process that ends right there
//! takes its libraries down under that thread: one second copy in about a hundred crashed.

use zbus::Connection;

/// Whether a copy runs; its window is shown. Without a session bus nobody knows, and the store's own lock decides.
pub fn is_shown(identifier: &str) -> bool {
    // One thread, which is gone before the process ends.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.is_ok_and(|runtime| {
        runtime
            .block_on(async { show(&Connection::session().await?, identifier).await })
            .is_ok()
    })
}

/// What the plugin of the first copy answers to. It is told neither arguments nor folder: our window needs none.
async fn show(bus: &Connection, identifier: &str) -> zbus::Result<()> {
    let name = format!("{identifier}.SingleInstance");
    let path = format!("/{}", name.replace('.', "/").replace('-', "_"));
    let interface = Some("org.SingleInstance.DBus");
    let (arguments, folder): (&[&str], &str) = (&[], "");
    bus.call_method(
        Some(name),
        path,
        interface,
        "ExecuteCallback",
        &(arguments, folder),
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::platform::bus::Bus;

    struct First(mpsc::UnboundedSender<()>);

    #[zbus::interface(name = "org.SingleInstance.DBus")]
    impl First {
        fn execute_callback(&self, _arguments: Vec<String>, _folder: String) {
            self.0.send(()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_copy_that_runs_is_shown_and_none_is_no_copy() {
        let bus = Bus::start();
        let second = bus.connect().await;
        show(&second, "in.our-app").await.unwrap_err();

        let (shown, mut calls) = mpsc::unbounded_channel();
        let first = bus.connect().await;
        let path = "/in/our_app/SingleInstance";
        first.object_server().at(path, First(shown)).await.unwrap();
        first
            .request_name("in.our-app.SingleInstance")
            .await
            .unwrap();
        show(&second, "in.our-app").await.unwrap();
        calls.try_recv().unwrap();
    }
}
