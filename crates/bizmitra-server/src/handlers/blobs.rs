//! Uploads and downloads of files.

use axum::body::Body;
use axum::extract::{FromRequest as _, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::blob::{
    INTEROP_VERSION, INTEROP_VERSION_HEADER, REPR_DIGEST, UPLOAD_COMPLETE, UPLOAD_LENGTH,
    UPLOAD_LIMIT, UPLOAD_OFFSET,
};
use bizmitra_contract::ids::BlobId;
use bizmitra_contract::paths;
use bizmitra_contract::problem::ProblemCode;
use futures_util::stream::try_unfold;

use super::range::{Wanted, read_range};
use super::upload_headers::{read_append, read_beginning};
use crate::auth::{Session, SignedRequest, single_header};
use crate::domain;
use crate::domain::blob::WholeBlob;
use crate::domain::upload::{Piece, Progress};
use crate::error::{Result, ServerError};
use crate::problem::upload_limit;
use crate::server::Server;

/// `PUT /v1/blobs/{id}`.
pub(crate) async fn begin(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response> {
    let request = read_signed(&server, request).await?;
    let id = read_id(&id)?;
    let declared = read_beginning(&headers, id)?;
    if !request.bytes().is_empty() {
        return Err(ServerError::INVALID);
    }
    server
        .run(move |server| domain::upload::begin(server, &request.caller, id, declared))
        .await
        .map(|progress| answer(StatusCode::CREATED, id, progress))
}

/// `HEAD /v1/uploads/{id}`.
pub(crate) async fn offset(
    State(server): State<Server>,
    Path(id): Path<String>,
    request: SignedRequest,
) -> Result<Response> {
    let id = read_id(&id)?;
    server
        .run(move |server| domain::upload::offset(server, &request.caller, id))
        .await
        .map(|progress| answer(StatusCode::NO_CONTENT, id, progress))
}

/// `PATCH /v1/uploads/{id}`.
pub(crate) async fn append(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response> {
    let request = read_signed(&server, request).await?;
    let id = read_id(&id)?;
    let placed = read_append(&headers, request.bytes().is_empty())?;
    let progress = server
        .run(move |server| {
            let piece = Piece {
                offset: placed.offset,
                bytes: request.bytes(),
                last: placed.last,
            };
            domain::upload::append(server, &request.caller, id, placed.length, piece)
        })
        .await?;
    let status = if progress.complete {
        StatusCode::CREATED
    } else {
        StatusCode::NO_CONTENT
    };
    Ok(answer(status, id, progress))
}

/// `DELETE /v1/uploads/{id}`.
pub(crate) async fn cancel(
    State(server): State<Server>,
    Path(id): Path<String>,
    request: SignedRequest,
) -> Result<StatusCode> {
    let id = read_id(&id)?;
    server
        .run(move |server| domain::upload::cancel(server, &request.caller, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/blobs/{id}`, whole or one range.
pub(crate) async fn download(
    State(server): State<Server>,
    Path(id): Path<String>,
    headers: HeaderMap,
    session: Session,
) -> Result<Response> {
    let id = read_id(&id)?;
    let blob = server
        .run(move |server| domain::blob::open(server, &session, id))
        .await?;
    let etag = format!("\"{}\"", hex::encode(blob.sha256));
    let unchanged = single_header(&headers, "if-range").is_none_or(|tag| tag == etag);
    let range = single_header(&headers, "range").filter(|_| unchanged);
    let wanted = match range.map(|range| read_range(range, blob.length)) {
        Some(Wanted::Part { from, length }) => Some((from, length)),
        Some(Wanted::Nothing) => return Err(ServerError::RangeUnsatisfiable(blob.length)),
        Some(Wanted::Whole) | None => None,
    };
    send(server, blob, etag, wanted)
}

/// Streams the bytes, a segment at a time; a segment that does not open breaks the answer off.
fn send(
    server: Server,
    blob: WholeBlob,
    etag: String,
    wanted: Option<(u64, u64)>,
) -> Result<Response> {
    let (from, length) = wanted.unwrap_or((0, blob.length));
    let whole = blob.length;
    let stream = try_unfold(
        (server, blob.reader.limited(from, length)),
        |(server, mut reader)| async move {
            let read = server.run(move |_| Ok((reader.next()?, reader))).await;
            let (bytes, reader) = read.inspect_err(|error| {
                tracing::error!(error = %error, "a file could not be read to its end");
            })?;
            Ok::<_, ServerError>(bytes.map(|bytes| (bytes, (server, reader))))
        },
    );
    let mut response = Response::new(Body::from_stream(stream));
    let mut set = |name: HeaderName, value: String| {
        let value = HeaderValue::from_str(&value).map_err(|_| ServerError::Damaged("header"))?;
        response.headers_mut().insert(name, value);
        Ok::<_, ServerError>(())
    };
    set(header::CONTENT_TYPE, paths::OCTET_STREAM.to_owned())?;
    set(header::CONTENT_LENGTH, length.to_string())?;
    set(header::CONTENT_DISPOSITION, "attachment".to_owned())?;
    set(header::ACCEPT_RANGES, "bytes".to_owned())?;
    set(header::ETAG, etag)?;
    let digest = format!("sha-256=:{}:", STANDARD.encode(blob.sha256));
    set(HeaderName::from_static(REPR_DIGEST), digest)?;
    if wanted.is_some() {
        let last = from.saturating_add(length).saturating_sub(1);
        set(
            header::CONTENT_RANGE,
            format!("bytes {from}-{last}/{whole}"),
        )?;
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The state of an upload, in the headers of an answer without a body.
fn answer(status: StatusCode, id: BlobId, progress: Progress) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    let complete = if progress.complete { "?1" } else { "?0" };
    let place = if progress.complete {
        paths::BLOB
    } else {
        paths::UPLOAD
    };
    let age_s = (!progress.complete).then_some(progress.max_age_s);
    for (name, value) in [
        (
            INTEROP_VERSION_HEADER,
            HeaderValue::from_static(INTEROP_VERSION),
        ),
        (UPLOAD_COMPLETE, HeaderValue::from_static(complete)),
        (UPLOAD_OFFSET, HeaderValue::from(progress.offset)),
        (UPLOAD_LENGTH, HeaderValue::from(progress.length)),
        (UPLOAD_LIMIT, upload_limit(age_s)),
    ] {
        headers.insert(HeaderName::from_static(name), value);
    }
    if status == StatusCode::CREATED
        && let Ok(place) = HeaderValue::from_str(&place.replace("{id}", &id.to_string()))
    {
        headers.insert(header::LOCATION, place);
    }
    response
}

/// A signed request whose body may be a piece that is too large: then the answer says the limits.
async fn read_signed(server: &Server, request: Request) -> Result<SignedRequest> {
    SignedRequest::from_request(request, server)
        .await
        .map_err(|error| match error {
            ServerError::Refused(ProblemCode::TooLarge) => ServerError::UploadTooLarge,
            error => error,
        })
}

/// What is no id answers like an id that is not here.
fn read_id(text: &str) -> Result<BlobId> {
    text.parse().map_err(|_| ServerError::NOT_FOUND)
}
