//! Reads the one form of RFC 9421 signature that the contract allows, and rebuilds its base from the request itself.
//!
//! Nothing of the base is taken from the caller: the covered components follow from what the request carries, the
//! parameters are parsed and written again, and the result must be the header's very text. Anything else is refused,
//! so there is no choice for an attacker to make.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::encoding::Bytes64;
use bizmitra_contract::ids::DeviceId;
use bizmitra_contract::signing::{ED25519, LABEL, TAG};
use sha2::{Digest, Sha256};

/// Headers that change what a request does: covered whenever they are sent, in this order.
const WHEN_SENT: [&str; 6] = [
    "authorization",
    "idempotency-key",
    "upload-complete",
    "upload-length",
    "upload-offset",
    "repr-digest",
];

/// A signature that is well-formed but not yet verified.
#[derive(Debug)]
pub(super) struct RequestSignature {
    pub(super) device: DeviceId,
    pub(super) created_s: i64,
    pub(super) nonce: Option<String>,
    pub(super) base: String,
    pub(super) sig: Bytes64,
}

/// The value of a header that occurs exactly once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        None
    } else {
        value.to_str().ok()
    }
}

/// Host and port that the request was sent to, lower case, without the scheme's own port.
pub(super) fn authority(parts: &Parts, scheme: &str) -> Option<String> {
    let written = match parts.uri.authority() {
        Some(authority) => authority.as_str(),
        None => single(&parts.headers, "host")?,
    };
    let lower = written.to_ascii_lowercase();
    let own_port = if scheme == "https" { ":443" } else { ":80" };
    Some(lower.strip_suffix(own_port).unwrap_or(&lower).to_owned())
}

/// Reads the signature headers of a request; `None` when anything is missing or has another form.
pub(super) fn read(parts: &Parts, authority: &str, body: &[u8]) -> Option<RequestSignature> {
    let headers = &parts.headers;
    let input = single(headers, "signature-input")?
        .strip_prefix(LABEL)?
        .strip_prefix('=')?;
    let sig = single(headers, "signature")?
        .strip_prefix(LABEL)?
        .strip_prefix("=:")?
        .strip_suffix(':')?;
    let sig = Bytes64(<[u8; 64]>::try_from(STANDARD.decode(sig).ok()?).ok()?);

    let covered = covered(parts, authority, body)?;
    let names: Vec<String> = covered
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let parameters = input.strip_prefix(&format!("({})", names.join(" ")))?;
    let (created_s, nonce, device) = read_parameters(parameters)?;

    let mut base = String::new();
    for (name, value) in &covered {
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {input}"));
    Some(RequestSignature {
        device,
        created_s,
        nonce,
        base,
        sig,
    })
}

/// The components that this request's form demands, in the contract's order, with their values.
fn covered(parts: &Parts, authority: &str, body: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let mut covered = vec![
        ("@method", parts.method.as_str().to_owned()),
        ("@authority", authority.to_owned()),
        ("@path", parts.uri.path().to_owned()),
        (
            "@query",
            format!("?{}", parts.uri.query().unwrap_or_default()),
        ),
    ];
    if !body.is_empty() {
        let digest = single(&parts.headers, "content-digest")?;
        if digest != format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body))) {
            return None;
        }
        covered.push(("content-digest", digest.to_owned()));
        covered.push((
            "content-type",
            single(&parts.headers, "content-type")?.trim().to_owned(),
        ));
    }
    for name in WHEN_SENT {
        if parts.headers.contains_key(name) {
            covered.push((name, single(&parts.headers, name)?.trim().to_owned()));
        }
    }
    Some(covered)
}

/// `;created=…[;nonce="…"];keyid="…";alg="ed25519";tag="bizmitra"`, and nothing that writes differently.
fn read_parameters(text: &str) -> Option<(i64, Option<String>, DeviceId)> {
    let rest = text.strip_prefix(";created=")?;
    let (created, rest) = rest.split_once(';')?;
    let created_s: i64 = created.parse().ok()?;
    let (nonce, rest) = match rest.strip_prefix("nonce=\"") {
        Some(rest) => {
            let (nonce, rest) = rest.split_once("\";")?;
            (Some(nonce.to_owned()), rest)
        }
        None => (None, rest),
    };
    let (keyid, _) = rest.strip_prefix("keyid=\"")?.split_once('"')?;
    let device: DeviceId = keyid.parse().ok()?;
    let nonce_text = nonce
        .as_ref()
        .map(|nonce| format!("nonce=\"{nonce}\";"))
        .unwrap_or_default();
    let again = format!(
        ";created={created_s};{nonce_text}keyid=\"{device}\";alg=\"{ED25519}\";tag=\"{TAG}\""
    );
    (again == text).then_some((created_s, nonce, device))
}
