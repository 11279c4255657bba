//! Requests as a device signs them, by the contract's documents alone.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer;
use sha2::{Digest, Sha256};

use crate::device::{HOST, TestDevice};

/// Everything about how a request is signed that a test may want to change.
#[derive(Clone, Default)]
pub struct Signing {
    pub created_s: Option<i64>,
    pub nonce: Option<String>,
    pub bearer: Option<String>,
    pub idempotency_key: Option<String>,
    /// JSON without.
    pub content_type: Option<&'static str>,
    /// What an upload says, in the order of the contract.
    pub upload: Vec<(&'static str, String)>,
    /// Headers that no signature covers.
    pub uncovered: Vec<(&'static str, String)>,
}

impl TestDevice {
    /// An RFC 9421 request.
    pub fn request(
        &self,
        method: &str,
        path_and_query: &str,
        body: Option<Vec<u8>>,
        signing: &Signing,
    ) -> Request<Body> {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        let mut lines = vec![
            ("@method", method.to_owned()),
            ("@authority", HOST.to_owned()),
            ("@path", path.to_owned()),
            ("@query", format!("?{query}")),
        ];
        let mut request = Request::builder()
            .method(method)
            .uri(path_and_query)
            .header("host", HOST);
        if let Some(body) = &body {
            lines.push((
                "content-digest",
                format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body))),
            ));
            let content_type = signing.content_type.unwrap_or("application/json");
            lines.push(("content-type", content_type.to_owned()));
        }
        if let Some(bearer) = &signing.bearer {
            lines.push(("authorization", format!("Bearer {bearer}")));
        }
        if let Some(key) = &signing.idempotency_key {
            lines.push(("idempotency-key", key.clone()));
        }
        lines.extend(signing.upload.iter().cloned());
        for (name, value) in &signing.uncovered {
            request = request.header(*name, value);
        }
        let names: Vec<String> = lines
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let nonce = signing
            .nonce
            .as_ref()
            .map(|nonce| format!("nonce=\"{nonce}\";"))
            .unwrap_or_default();
        let created = signing.created_s.unwrap();
        let parameters = format!(
            "({});created={created};{nonce}keyid=\"{}\";alg=\"ed25519\";tag=\"bizmitra\"",
            names.join(" "),
            self.device
        );
        let mut base = String::new();
        for (name, value) in &lines {
            base.push_str(&format!("\"{name}\": {value}\n"));
            if !name.starts_with('@') {
                request = request.header(*name, value);
            }
        }
        base.push_str(&format!("\"@signature-params\": {parameters}"));
        let sig = STANDARD.encode(self.dik.sign(base.as_bytes()).to_bytes());
        request
            .header("signature-input", format!("bz={parameters}"))
            .header("signature", format!("bz=:{sig}:"))
            .body(Body::from(body.unwrap_or_default()))
            .unwrap()
    }
}
