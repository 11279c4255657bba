//! Files over HTTP: the contract's resumable uploads, and downloads that go on where they stand.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::blob::{
    INTEROP_VERSION, INTEROP_VERSION_HEADER, REPR_DIGEST, UPLOAD_COMPLETE, UPLOAD_LENGTH,
    UPLOAD_OFFSET,
};
use bizmitra_contract::paths::{BLOB, PARTIAL_UPLOAD, UPLOAD};
use bizmitra_core::api::{
    ApiError, Beginning, BoxFuture, Complete, DownloadError, End, FileApi, Offset, Piece, Refusal,
    Sink, Wanted,
};
use bizmitra_core::ids::{DeviceId, ItemId};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap};
use reqwest::{Method, StatusCode};

use crate::answer::is_ours;
use crate::failure::classify_failure;
use crate::http_api::{HttpApi, Opened, Outgoing};

/// A piece of the smallest size on a line of 2 kB/s.
const PIECE_TIMEOUT: Duration = Duration::from_secs(45);
/// A whole file; each read has a limit of its own.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// `path` of one file.
fn at(path: &str, id: ItemId) -> String {
    path.replace("{id}", &id.to_string())
}

fn word(is: bool) -> String {
    if is { "?1" } else { "?0" }.to_owned()
}

fn version() -> Vec<(&'static str, String)> {
    vec![(INTEROP_VERSION_HEADER, INTEROP_VERSION.to_owned())]
}

impl HttpApi {
    async fn upload(&self, request: Outgoing) -> Result<Offset, ApiError> {
        let answer = self.open(&request).await;
        let result = match answer {
            Ok(Opened::Success(response)) => {
                read_offset(response.headers()).ok_or(ApiError::NotOurServer)
            }
            Ok(Opened::Other(answer)) => Err(answer.refused(self.wall())),
            Err(error) => Err(error),
        };
        match &result {
            Ok(offset) => {
                tracing::debug!(method = %request.method, path = %request.path, offset = offset.bytes, "answered");
            }
            Err(error) => {
                tracing::info!(method = %request.method, path = %request.path, %error, "no success");
            }
        }
        result
    }

    async fn read_file(
        &self,
        device: DeviceId,
        wanted: Wanted,
        sink: Sink<'_>,
    ) -> Result<(), DownloadError> {
        let tag = format!("\"{}\"", hex(&wanted.sha256));
        let mut request = Outgoing::bare(Method::GET, at(BLOB, wanted.id), device);
        request.bearer = Some(wanted.bearer);
        request.patience = DOWNLOAD_TIMEOUT;
        if wanted.from > 0 {
            request.uncovered = vec![
                ("range", format!("bytes={}-", wanted.from)),
                ("if-range", tag.clone()),
            ];
        }
        let mut response = match self.open(&request).await? {
            Opened::Success(response) => response,
            Opened::Other(answer) => return Err(answer.refused(self.wall()).into()),
        };
        let headers = response.headers();
        if !is_ours(headers) {
            return Err(ApiError::NotOurServer.into());
        }
        let has_tag = headers.get(ETAG).is_some_and(|value| value == tag.as_str());
        let begins = match response.status() {
            StatusCode::OK => Some(0),
            StatusCode::PARTIAL_CONTENT => range_start(headers),
            _ => None,
        };
        if !has_tag || begins != Some(wanted.from) {
            return Err(ApiError::Refused {
                status: response.status().as_u16(),
                code: Refusal::Conflict,
                retry_after_ms: None,
            }
            .into());
        }
        while let Some(bytes) = response
            .chunk()
            .await
            .map_err(|error| classify_failure(&error))?
        {
            sink(&bytes)?;
        }
        Ok(())
    }
}

impl FileApi for HttpApi {
    fn begin(
        &self,
        device: DeviceId,
        beginning: Beginning,
    ) -> BoxFuture<'_, Result<Offset, ApiError>> {
        let mut request = Outgoing::bare(Method::PUT, at(BLOB, beginning.id), device);
        request.idempotency_key = Some(beginning.id.to_string());
        let digest = STANDARD.encode(beginning.sha256);
        request.upload = vec![
            (UPLOAD_COMPLETE, word(false)),
            (UPLOAD_LENGTH, beginning.length.to_string()),
            (REPR_DIGEST, format!("sha-256=:{digest}:")),
        ];
        request.uncovered = version();
        Box::pin(self.upload(request))
    }

    fn offset(&self, device: DeviceId, id: ItemId) -> BoxFuture<'_, Result<Offset, ApiError>> {
        let mut request = Outgoing::bare(Method::HEAD, at(UPLOAD, id), device);
        request.uncovered = version();
        Box::pin(self.upload(request))
    }

    fn append(&self, device: DeviceId, piece: Piece) -> BoxFuture<'_, Result<Offset, ApiError>> {
        let mut request = Outgoing::bare(Method::PATCH, at(UPLOAD, piece.id), device);
        request.upload = vec![
            (UPLOAD_COMPLETE, word(piece.end == End::Yes)),
            (UPLOAD_OFFSET, piece.offset.to_string()),
        ];
        request.uncovered = version();
        if !piece.bytes.is_empty() {
            request.content_type = PARTIAL_UPLOAD;
            request.body = Some(piece.bytes);
        }
        request.patience = PIECE_TIMEOUT;
        Box::pin(self.upload(request))
    }

    fn download<'a>(
        &'a self,
        device: DeviceId,
        wanted: Wanted,
        sink: Sink<'a>,
    ) -> BoxFuture<'a, Result<(), DownloadError>> {
        Box::pin(self.read_file(device, wanted, sink))
    }
}

/// Where an upload stands; only an answer of our server says so.
fn read_offset(headers: &HeaderMap) -> Option<Offset> {
    if !is_ours(headers) {
        return None;
    }
    let bytes = headers.get(UPLOAD_OFFSET)?.to_str().ok()?.parse().ok()?;
    let complete = match headers.get(UPLOAD_COMPLETE)?.to_str().ok()? {
        "?1" => Complete::Yes,
        "?0" => Complete::No,
        _ => return None,
    };
    Some(Offset { bytes, complete })
}

/// First byte of `bytes first-last/length`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    text.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
