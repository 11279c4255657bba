//! Paths of the contract to handlers, with the layers around them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, head, post, put};
use bizmitra_contract::blob::MAX_APPEND_SIZE;
use bizmitra_contract::paths;
use bizmitra_contract::sync::MAX_BYTES;
use tower_http::catch_panic::CatchPanicLayer;

use crate::guard::guard;
use crate::handlers::{about, blobs, devices, enrolment, login, sync};
use crate::observe::observe;
use crate::server::Server;

/// Most bytes of a body that is neither a batch nor a piece of a file.
const SMALL_BODY: usize = 16 * 1024;

/// The whole API, to be served or to be called directly.
pub fn router(server: Server) -> Router {
    let batch = post(sync::batch).layer(DefaultBodyLimit::max(MAX_BYTES));
    let upload = head(blobs::offset)
        .patch(blobs::append)
        .delete(blobs::cancel)
        .layer(DefaultBodyLimit::max(MAX_APPEND_SIZE));
    Router::new()
        .route(paths::HEALTH, get(about::health))
        .route(paths::OPENAPI, get(about::openapi))
        .route(paths::INVITATION, post(enrolment::check))
        .route(paths::ENROLMENT, post(enrolment::enrol))
        .route(paths::THIS_DEVICE, get(devices::this_device))
        .route(paths::LOGIN_CHALLENGE, post(login::challenge))
        .route(paths::LOGIN, post(login::sign_in))
        .route(paths::CHANGES, get(sync::changes))
        .route(paths::ME, get(login::me))
        .route(paths::PENDING_DEVICES, get(devices::pending))
        .route(paths::APPROVE_DEVICE, post(devices::approve))
        .route(paths::REVOKE_DEVICE, post(devices::revoke))
        .route(paths::SUSPEND_DEVICE, post(devices::suspend))
        .route(paths::RESUME_DEVICE, post(devices::resume))
        .route(paths::REPORT_LOST_DEVICE, post(devices::report_lost))
        .route(paths::REPLACE_DEVICE, post(devices::replace))
        .route(paths::DEVICES, get(devices::list))
        .route(paths::MY_DEVICES, get(devices::mine))
        .route(paths::BLOB, put(blobs::begin).get(blobs::download))
        .layer(DefaultBodyLimit::max(SMALL_BODY))
        .route(paths::SYNC_BATCH, batch)
        .route(paths::UPLOAD, upload)
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(server.clone(), guard))
        .layer(from_fn_with_state(server.clone(), observe))
        .with_state(server)
}
