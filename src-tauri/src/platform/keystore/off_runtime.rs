//! Keystore calls on a thread of their own.
//!
//! The Secret Service client blocks on a runtime inside, which panics on a thread that already drives one, and the device
//! asks its keystore from async code. Android attaches and detaches the thread to the Java machine, which must not
//! happen to a worker either. A thread costs some 50 µs and a keystore is asked a handful of times in a day.

use bizmitra_core::keys::{Keystore, KeystoreError, Secret};

/// A keystore that may be asked from async code.
#[derive(Debug, Clone)]
pub struct OffRuntime<K>(K);

impl<K> OffRuntime<K> {
    /// Around a keystore that blocks.
    pub fn new(keystore: K) -> Self {
        Self(keystore)
    }
}

/// Runs on a new thread and waits for it. A panic inside the platform's store is an unavailable keystore, not ours.
pub fn run<T: Send>(ask: impl FnOnce() -> T + Send) -> Result<T, KeystoreError> {
    std::thread::scope(|scope| scope.spawn(ask).join()).map_err(|_| KeystoreError::Unavailable)
}

impl<K: Keystore> Keystore for OffRuntime<K> {
    fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
        run(|| self.0.load(name))?
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeystoreError> {
        run(|| self.0.save(name, secret))?
    }

    fn remove(&self, name: &str) -> Result<(), KeystoreError> {
        run(|| self.0.remove(name))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks on a runtime of its own, as the Secret Service client does.
    struct Blocking;

    impl Keystore for Blocking {
        fn load(&self, name: &str) -> Result<Option<Secret>, KeystoreError> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async { Ok(Some(Secret::new(name.as_bytes().to_vec()))) })
        }

        fn save(&self, _: &str, _: &[u8]) -> Result<(), KeystoreError> {
            Err(KeystoreError::Refused)
        }

        fn remove(&self, _: &str) -> Result<(), KeystoreError> {
            panic!("the platform's store panicked")
        }
    }

    #[tokio::test]
    async fn a_keystore_that_blocks_on_a_runtime_can_be_asked_from_async_code() {
        let loaded = OffRuntime::new(Blocking)
            .load("device-secret")
            .unwrap()
            .unwrap();
        assert_eq!(loaded.expose(), b"device-secret");
    }

    #[test]
    fn errors_pass_and_a_panic_of_the_platform_is_an_unavailable_keystore() {
        let keystore = OffRuntime::new(Blocking);
        assert_eq!(
            keystore.save("device-secret", &[1]),
            Err(KeystoreError::Refused)
        );
        assert_eq!(
            keystore.remove("device-secret"),
            Err(KeystoreError::Unavailable)
        );
    }
}
