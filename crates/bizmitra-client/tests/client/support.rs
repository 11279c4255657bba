//! Clock, keys and requests of these tests.

pub use std::sync::Arc;
pub use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub use bizmitra_client::{HttpApi, Roots};
pub use bizmitra_core::api::{Api as _, ApiError, Method, Request, RequestSigner, Response};
pub use bizmitra_core::clock::{Clock, Reading};
use bizmitra_core::ids::DeviceId;
use ed25519_dalek::{Signer as _, SigningKey};

/// The system's clock, off by as much as a test wants.
#[derive(Default)]
pub struct TestClock {
    pub off_ms: AtomicI64,
}

impl Clock for TestClock {
    fn now(&self) -> Reading {
        let millis = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let wall_ms = i64::try_from(millis).unwrap() + self.off_ms.load(Ordering::Relaxed);
        Reading {
            wall_ms,
            elapsed_ms: 0,
            boot_id: "boot".to_owned(),
            zone: "Asia/Kolkata".to_owned(),
            offset_min: 330,
        }
    }
}

pub struct Signer(SigningKey);

impl RequestSigner for Signer {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// Ravi's device key.
pub fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub fn device() -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(0xD1))
}

pub fn api_with(origin: &str, roots: &Roots, clock: Arc<TestClock>) -> HttpApi {
    HttpApi::new(origin, Some(Arc::new(Signer(key()))), roots, clock).unwrap()
}

pub fn api(origin: &str) -> HttpApi {
    api_with(origin, &Roots::bundled(), Arc::default())
}

pub fn get(path: &str) -> Request {
    Request {
        method: Method::Get,
        path: path.to_owned(),
        query: None,
        body: None,
        bearer: None,
        sign_as: None,
    }
}

pub fn post(path: &str) -> Request {
    Request {
        method: Method::Post,
        body: Some(b"{}".to_vec()),
        ..get(path)
    }
}

pub async fn send(origin: &str, request: Request) -> Result<Response, ApiError> {
    api(origin).send(request).await
}
