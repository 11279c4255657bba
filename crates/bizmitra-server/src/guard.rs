//! Between a stranger and the handlers: whose request it is, what its address may still ask for, and what the auth log
//! hears about it.
//!
//! A router that is called without a socket (tests, tools in one process) has no address and is not counted; [`crate::serve`]
//! gives one to every request.

use std::net::SocketAddr;
use std::sync::Once;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;

use crate::auth_log::Event;
use crate::client_address::{self, ClientAddress};
use crate::error::ServerError;
use crate::limits::{AddressWork, Wait};
use crate::problem::ProblemDraft;
use crate::server::Server;

/// The middleware.
pub(crate) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    let Some(address) = address_of(&server, &request) else {
        return next.run(request).await;
    };
    let settled = match admit(&server, address, &request) {
        Ok(()) => settle(&server, address, next.run(request).await),
        Err(wait) => Settled {
            response: ServerError::TooMany(wait).into_response(),
            event: Some(Event::Limited),
        },
    };
    if let Some(event) = settled.event {
        note(&server, event, address).await;
    }
    settled.response
}

/// An answer, and what it is to the auth log.
struct Settled {
    response: Response,
    event: Option<Event>,
}

fn address_of(server: &Server, request: &Request) -> Option<ClientAddress> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let proxies = &server.config().trusted_proxies;
    if peer.ip().to_canonical().is_loopback()
        && client_address::is_forwarded(request.headers())
        && !client_address::is_proxy(peer.ip(), proxies)
    {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            tracing::warn!(
                "requests are forwarded from this machine, but no --trusted-proxy is named: all clients count as one"
            );
        });
    }
    Some(client_address::client_of(
        peer.ip(),
        request.headers(),
        proxies,
    ))
}

/// Asks the budgets before any work is done for a stranger.
fn admit(server: &Server, address: ClientAddress, request: &Request) -> Result<(), Wait> {
    let (limits, now_ms) = (server.limits(), server.now_ms());
    match request
        .extensions()
        .get::<MatchedPath>()
        .map(MatchedPath::as_str)
    {
        Some(paths::INVITATION | paths::ENROLMENT) => {
            limits.check(address, AddressWork::WrongCode, now_ms)?;
            limits.spend(address, AddressWork::Activation, now_ms)
        }
        // A signed one is its device's business, once the signature is verified.
        Some(paths::LOGIN_CHALLENGE) if !crate::auth::is_signed(request) => {
            limits.spend(address, AddressWork::Challenge, now_ms)
        }
        _ => Ok(()),
    }
}

/// Counts what the answer says about the request.
fn settle(server: &Server, address: ClientAddress, response: Response) -> Settled {
    let (limits, now_ms) = (server.limits(), server.now_ms());
    let code = response
        .extensions()
        .get::<ProblemDraft>()
        .map(|draft| draft.code);
    let event = match code {
        Some(ProblemCode::CodeUnknown | ProblemCode::CodeBurned) => {
            // Tries that came in together may pass the limit together; the next one meets it.
            limits.spend(address, AddressWork::WrongCode, now_ms).ok();
            Some(Event::WrongCode)
        }
        Some(ProblemCode::SignatureInvalid) => {
            if let Err(wait) = limits.spend(address, AddressWork::BadSignature, now_ms) {
                return Settled {
                    response: ServerError::TooMany(wait).into_response(),
                    event: Some(Event::Limited),
                };
            }
            Some(Event::BadSignature)
        }
        Some(ProblemCode::LoginRefused) => Some(Event::LoginRefused),
        // Addresses were asked before: this is a device's own limit.
        Some(ProblemCode::TooManyRequests) => Some(Event::DeviceLimited),
        _ => None,
    };
    Settled { response, event }
}

/// Writes to the auth log; the line is there before the answer leaves.
pub(crate) async fn note(server: &Server, event: Event, address: ClientAddress) {
    let now_ms = server.now_ms();
    let is_about_a_limit = matches!(event, Event::Limited | Event::DeviceLimited);
    if is_about_a_limit
        && server
            .limits()
            .spend(address, AddressWork::LimitLine, now_ms)
            .is_err()
    {
        return;
    }
    let written = server
        .run(move |server| {
            server
                .auth_log()
                .write(event, address, now_ms)
                .map_err(ServerError::AuthLog)
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(error = %error, "the auth log could not be written");
    }
}
