//! An address on the internet from which requests come.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use bizmitra_contract::enrolment::{InvitationRequest, InvitationResponse, Platform};
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::login::{ChallengeRequest, ChallengeResponse, LoginResponse};
use bizmitra_contract::paths;
use serde::Serialize;

use crate::device::{HOST, TestDevice, enrolment};
use crate::world::{Reply, World};

/// Somewhere, with the world around.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    world: &'a World,
    peer: SocketAddr,
}

impl World {
    /// Requests that come from `address`.
    pub fn at(&self, address: &str) -> Place<'_> {
        Place {
            world: self,
            peer: SocketAddr::new(address.parse().unwrap(), 40_000),
        }
    }
}

impl Place<'_> {
    pub async fn call(&self, mut request: Request<Body>) -> Reply {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.world.call(request).await
    }

    /// A request that nobody signed, with further headers.
    pub async fn post_with<T: Serialize>(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &T,
    ) -> Reply {
        let mut request = Request::post(path)
            .header("host", HOST)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Body::from(serde_json::to_vec(body).unwrap());
        self.call(request.body(body).unwrap()).await
    }

    pub async fn check(&self, code: &str) -> Reply {
        let request = InvitationRequest {
            code: code.to_owned(),
        };
        self.post_with(paths::INVITATION, &[], &request).await
    }

    pub async fn enrol(&self, code: &str, seed: &str) -> Reply {
        let invitation: InvitationResponse = self.check(code).await.json();
        let request = enrolment(
            invitation.company,
            code,
            &invitation.nonce,
            seed,
            Platform::Android,
        );
        self.post_with(paths::ENROLMENT, &[], &request).await
    }

    /// A challenge as any stranger can ask for it.
    pub async fn challenge(&self, device: DeviceId) -> Reply {
        self.post_with(paths::LOGIN_CHALLENGE, &[], &ChallengeRequest { device })
            .await
    }

    pub async fn get(&self, device: &TestDevice, path: &str) -> Reply {
        self.call(device.request("GET", path, None, &device.signing(self.world)))
            .await
    }

    pub async fn post<T: Serialize>(&self, device: &TestDevice, path: &str, body: &T) -> Reply {
        let body = serde_json::to_vec(body).unwrap();
        self.call(device.request("POST", path, Some(body), &device.signing(self.world)))
            .await
    }

    /// Signs in as the product does: the challenge is signed too.
    pub async fn sign_in(&self, device: &mut TestDevice) -> Reply {
        device.token = None;
        let request = ChallengeRequest {
            device: device.device,
        };
        let challenged = self.post(device, paths::LOGIN_CHALLENGE, &request).await;
        if !challenged.status.is_success() {
            return challenged;
        }
        let challenge: ChallengeResponse = challenged.json();
        let login = device.login_request(&challenge.nonce, &format!("http://{HOST}"));
        let reply = self.post(device, paths::LOGIN, &login).await;
        if reply.status.is_success() {
            device.token = Some(reply.json::<LoginResponse>().token);
        }
        reply
    }
}
