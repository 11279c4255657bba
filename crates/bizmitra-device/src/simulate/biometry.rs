//! Biometrics by script: what each prompt brings is said beforehand, a match where nothing is said.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bizmitra_core::api::BoxFuture;
use bizmitra_core::keys::Secret;
use bizmitra_core::vault::biometric::{BiometricError, BiometricKey, Biometry, Prompt};
use tokio::sync::Notify;

/// What a prompt brings.
#[derive(Debug, Clone)]
pub enum Step {
    /// A match: the key that was wrapped.
    Match,
    /// No key.
    Fail(BiometricError),
    /// A success with other bytes, or with none.
    Give(Vec<u8>),
    /// A match, once somebody is notified: the dialog stands meanwhile.
    After(Arc<Notify>),
}

/// A system with one finger enrolled; its clones are the same one, and it outlives the process of a device.
#[derive(Clone, Default)]
pub struct ScriptedBiometry(Arc<Mutex<System>>);

#[derive(Default)]
struct System {
    missing: bool,
    script: VecDeque<Step>,
    /// The one key that is kept, with its number.
    kept: Option<(u32, Secret)>,
    made: u32,
    prompts: u32,
}

impl ScriptedBiometry {
    /// What the next prompt brings, after those that are said already.
    pub fn then(&self, step: Step) {
        self.system().script.push_back(step);
    }

    /// Whether there is something to recognise anybody with.
    pub fn set_missing(&self, missing: bool) {
        self.system().missing = missing;
    }

    /// A finger is added: the key is gone.
    pub fn change_enrolment(&self) {
        self.system().kept = None;
    }

    /// Prompts shown so far.
    #[must_use]
    pub fn prompts(&self) -> u32 {
        self.system().prompts
    }

    /// Whether a key is kept.
    #[must_use]
    pub fn keeps_a_key(&self) -> bool {
        self.system().kept.is_some()
    }

    fn system(&self) -> MutexGuard<'_, System> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the dialog; `None` is a match.
    async fn prompt(&self) -> Result<Option<Secret>, BiometricError> {
        let step = {
            let mut system = self.system();
            if system.missing {
                return Err(BiometricError::Missing);
            }
            system.prompts += 1;
            system.script.pop_front().unwrap_or(Step::Match)
        };
        match step {
            Step::Match => Ok(None),
            Step::Fail(error) => Err(error),
            Step::Give(bytes) => Ok(Some(Secret::new(bytes))),
            Step::After(told) => {
                told.notified().await;
                Ok(None)
            }
        }
    }
}

impl BiometricKey for ScriptedBiometry {
    fn biometry(&self) -> Biometry {
        if self.system().missing {
            Biometry::Missing
        } else {
            Biometry::Ready
        }
    }

    fn wrap(&self, _: &Prompt, secret: Secret) -> BoxFuture<'_, Result<Vec<u8>, BiometricError>> {
        Box::pin(async move {
            self.prompt().await?;
            let mut system = self.system();
            system.made += 1;
            let number = system.made;
            system.kept = Some((number, secret));
            Ok(number.to_be_bytes().to_vec())
        })
    }

    fn unwrap(&self, _: &Prompt, wrapped: &[u8]) -> BoxFuture<'_, Result<Secret, BiometricError>> {
        let wrapped = wrapped.to_vec();
        Box::pin(async move {
            if self.system().kept.is_none() {
                // As a real system: before it shows anything.
                return Err(BiometricError::EnrolmentChanged);
            }
            if let Some(given) = self.prompt().await? {
                return Ok(given);
            }
            match &self.system().kept {
                Some((number, secret)) if number.to_be_bytes() == *wrapped => Ok(secret.clone()),
                _ => Err(BiometricError::KeyLost),
            }
        })
    }

    fn forget(&self) {
        self.system().kept = None;
    }
}
