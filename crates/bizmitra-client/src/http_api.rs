//! The client itself: build, sign, send, classify.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bizmitra_contract::paths::{JSON, PROBLEM_JSON};
use bizmitra_contract::problem::ProblemCode;
use bizmitra_core::api::{
    Api, ApiError, BoxFuture, FileApi, Method, Request, RequestSigner, Response,
};
use bizmitra_core::clock::Clock;
use bizmitra_core::ids::DeviceId;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect, retry};

use crate::address::{Address, AddressError};
use crate::answer::{Answer, MAX_BODY_BYTES, is_ours};
use crate::failure::classify_failure;
use crate::retry_after::date;
use crate::signature::{
    Params, Parts, content_digest, signature_base, signature_header, signature_input,
};
use crate::tls::Roots;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// The server behind one address.
pub struct HttpApi {
    client: Client,
    address: Address,
    signer: Option<Arc<dyn RequestSigner>>,
    clock: Arc<dyn Clock>,
    /// The server's clock minus this device's, milliseconds; learned when the server calls a signature stale.
    skew_ms: AtomicI64,
}

impl std::fmt::Debug for HttpApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpApi")
            .field("origin", &self.address.origin)
            .finish_non_exhaustive()
    }
}

impl HttpApi {
    /// A client of the server at `origin` (`https://host[:port]`; `http` on the loopback only). Without a signer, requests
    /// with `sign_as` cannot be sent.
    ///
    /// # Errors
    /// When the address is not one, or TLS cannot be set up.
    pub fn new(
        origin: &str,
        signer: Option<Arc<dyn RequestSigner>>,
        roots: &Roots,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AddressError> {
        let address = Address::parse(origin)?;
        let tls = roots
            .config(Arc::clone(&clock))
            .map_err(|_| AddressError::NoTls)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(address.https)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(TOTAL_TIMEOUT)
            .user_agent(concat!("bizmitra/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| AddressError::NoTls)?;
        Ok(Self {
            client,
            address,
            signer,
            clock,
            skew_ms: AtomicI64::new(0),
        })
    }

    fn url(&self, request: &Outgoing) -> Url {
        let mut url = self.address.url.clone();
        url.set_path(&request.path);
        url.set_query(request.query.as_deref());
        url
    }

    pub(crate) fn wall(&self) -> SystemTime {
        let millis = u64::try_from(self.clock.now().wall_ms).unwrap_or(0);
        UNIX_EPOCH
            .checked_add(Duration::from_millis(millis))
            .unwrap_or(UNIX_EPOCH)
    }

    /// Seconds by the server's clock, as far as it is known.
    fn created(&self) -> i64 {
        self.clock
            .now()
            .wall_ms
            .saturating_add(self.skew_ms.load(Ordering::Relaxed))
            .div_euclid(1000)
    }

    fn learn_skew(&self, answer: &Answer) {
        let server = date(&answer.headers).and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        if let Some(server_ms) = server.and_then(|since| i64::try_from(since.as_millis()).ok()) {
            self.skew_ms.store(
                server_ms.saturating_sub(self.clock.now().wall_ms),
                Ordering::Relaxed,
            );
        }
    }

    fn build(&self, request: &Outgoing, nonce: Option<&str>) -> Result<reqwest::Request, ApiError> {
        let mut built = reqwest::Request::new(request.method.clone(), self.url(request));
        *built.timeout_mut() = Some(request.patience);
        let header = |value: &str| HeaderValue::from_str(value).map_err(|_| ApiError::NotSent);
        let headers = built.headers_mut();
        headers.insert(ACCEPT, header(&format!("{JSON}, {PROBLEM_JSON}"))?);
        let authorization = request
            .bearer
            .as_ref()
            .map(|token| format!("Bearer {token}"));
        if let Some(authorization) = &authorization {
            let mut value = header(authorization)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if let Some(key) = &request.idempotency_key {
            headers.insert("idempotency-key", header(key)?);
        }
        for (name, value) in request.upload.iter().chain(&request.uncovered) {
            headers.insert(HeaderName::from_static(name), header(value)?);
        }
        let digest = request.body.as_deref().map(content_digest);
        if let (Some(body), Some(digest)) = (&request.body, &digest) {
            headers.insert(CONTENT_TYPE, header(request.content_type)?);
            headers.insert("content-digest", header(digest)?);
            *built.body_mut() = Some(body.clone().into());
        }
        let Some(device) = request.sign_as else {
            return Ok(built);
        };
        let Some(signer) = &self.signer else {
            tracing::error!(path = %request.path, "a request to sign and no key to sign it with");
            return Err(ApiError::NotSent);
        };
        let parts = Parts {
            method: built.method().as_str(),
            authority: built.url().authority(),
            path: built.url().path(),
            query: built.url().query(),
            body: digest
                .as_deref()
                .map(|digest| (digest, request.content_type)),
            authorization: authorization.as_deref(),
            idempotency_key: request.idempotency_key.as_deref(),
            upload: &request.upload,
        };
        let params = Params {
            created: self.created(),
            nonce,
            key_id: &device.to_string(),
        };
        let base = signature_base(&parts, &params).ok_or(ApiError::NotSent)?;
        let signature = signer.sign(base.text.as_bytes());
        built
            .headers_mut()
            .insert("signature-input", header(&signature_input(&base))?);
        built
            .headers_mut()
            .insert("signature", header(&signature_header(&signature))?);
        Ok(built)
    }

    /// Sends and takes the head of the answer; its body is read by [`read_body`].
    async fn start(&self, request: reqwest::Request) -> Result<reqwest::Response, ApiError> {
        #[cfg(feature = "test-hooks")]
        if let Some(carrier) = crate::hostile::carrier() {
            return carrier.carry(request).await;
        }
        self.client
            .execute(request)
            .await
            .map_err(|error| classify_failure(&error))
    }

    /// Sends; once more with a nonce of the server where it calls the signature stale. A success is given with its body unread.
    pub(crate) async fn open(&self, request: &Outgoing) -> Result<Opened, ApiError> {
        let response = self.start(self.build(request, None)?).await?;
        if response.status().is_success() {
            return Ok(Opened::Success(response));
        }
        let answer = read_body(response).await?;
        let stale = answer
            .problem()
            .filter(|problem| problem.code == ProblemCode::SignatureStale);
        let Some(nonce) = stale
            .and_then(|problem| problem.nonce)
            .filter(|_| request.sign_as.is_some())
        else {
            return Ok(Opened::Other(answer));
        };
        // The clocks differ: the server vouches for the time with its nonce, once. A second refusal is final.
        self.learn_skew(&answer);
        let response = self.start(self.build(request, Some(&nonce))?).await?;
        if response.status().is_success() {
            return Ok(Opened::Success(response));
        }
        Ok(Opened::Other(read_body(response).await?))
    }

    async fn send_classified(&self, request: &Outgoing) -> Result<Response, ApiError> {
        let answer = match self.open(request).await? {
            Opened::Success(response) => read_body(response).await?,
            Opened::Other(answer) => answer,
        };
        answer.classify(self.wall())
    }
}

/// What came back, as far as it was read.
pub(crate) enum Opened {
    /// 2xx; the body follows.
    Success(reqwest::Response),
    /// Anything else, read to its end.
    Other(Answer),
}

/// A request as it goes out.
pub(crate) struct Outgoing {
    pub(crate) method: reqwest::Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) content_type: &'static str,
    pub(crate) bearer: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// Fields of an upload, in the order in which the signature covers them.
    pub(crate) upload: Vec<(&'static str, String)>,
    /// Fields that the signature does not cover.
    pub(crate) uncovered: Vec<(&'static str, String)>,
    pub(crate) sign_as: Option<DeviceId>,
    /// Until the end of the answer.
    pub(crate) patience: Duration,
}

impl Outgoing {
    /// Without a body, signed.
    pub(crate) fn bare(method: reqwest::Method, path: String, device: DeviceId) -> Self {
        Self {
            method,
            path,
            query: None,
            body: None,
            content_type: JSON,
            bearer: None,
            idempotency_key: None,
            upload: Vec::new(),
            uncovered: Vec::new(),
            sign_as: Some(device),
            patience: TOTAL_TIMEOUT,
        }
    }
}

impl From<&Request> for Outgoing {
    fn from(request: &Request) -> Self {
        Self {
            method: match request.method {
                Method::Get => reqwest::Method::GET,
                Method::Post => reqwest::Method::POST,
            },
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
            content_type: JSON,
            bearer: request.bearer.clone(),
            idempotency_key: None,
            upload: Vec::new(),
            uncovered: Vec::new(),
            sign_as: request.sign_as,
            patience: TOTAL_TIMEOUT,
        }
    }
}

/// Reads an answer to its end, if it can matter.
async fn read_body(mut response: reqwest::Response) -> Result<Answer, ApiError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut body = Vec::new();
    if is_ours(&headers) {
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| classify_failure(&error))?
        {
            if body.len().saturating_add(chunk.len()) > MAX_BODY_BYTES {
                return Err(ApiError::AnswerLost);
            }
            body.extend_from_slice(&chunk);
        }
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

impl Api for HttpApi {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>> {
        Box::pin(async move {
            let result = self.send_classified(&Outgoing::from(&request)).await;
            match &result {
                Ok(_) => {
                    tracing::debug!(method = ?request.method, path = %request.path, "answered")
                }
                Err(error) => {
                    tracing::info!(method = ?request.method, path = %request.path, %error, "no success")
                }
            }
            result
        })
    }

    fn origin(&self) -> &str {
        &self.address.origin
    }

    fn files(&self) -> &dyn FileApi {
        self
    }
}
