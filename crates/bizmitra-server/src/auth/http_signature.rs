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

    Some(RequestSignature {
        device,
        created_s,
        nonce,
        base: assemble(&covered, input),
        sig,
    })
}

/// The signature base (RFC 9421, section 2.5): a line for each component, then the parameters as they stand in the header.
fn assemble(covered: &[(&'static str, String)], params: &str) -> String {
    let mut base = String::new();
    for (name, value) in covered {
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {params}"));
    base
}

/// `Content-Digest` of a body (RFC 9530, section 2), in the one form that the contract allows.
fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
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
        if digest != content_digest(body) {
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

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// Value of a component of a request without a body.
    fn component(name: &str, uri: &str) -> String {
        let covered = covered(&parts("GET", uri, &[]), "www.example.com", b"").unwrap();
        let found = covered.into_iter().find(|(of, _)| *of == name);
        found.unwrap().1
    }

    #[test]
    fn the_base_and_the_check_agree_with_rfc_9421_b_2_6() {
        let covered = [
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            ("@method", "POST"),
            ("@path", "/foo"),
            ("@authority", "example.com"),
            ("content-type", "application/json"),
            ("content-length", "18"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let params = concat!(
            "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")",
            ";created=1618884473;keyid=\"test-key-ed25519\""
        );
        let base = assemble(&covered, params);
        let key = URL_SAFE_NO_PAD
            .decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")
            .unwrap();
        let sig = STANDARD
            .decode("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==")
            .unwrap();
        let (key, sig) = (key.try_into().unwrap(), Bytes64(sig.try_into().unwrap()));
        assert!(crate::signed::holds(&key, base.as_bytes(), &sig));
        for (from, to) in [
            ("POST", "PUT"),
            ("/foo", "/fooo"),
            ("18\n", "19\n"),
            ("4473", "4474"),
        ] {
            let altered = base.replacen(from, to, 1);
            assert_ne!(altered, base);
            assert!(
                !crate::signed::holds(&key, altered.as_bytes(), &sig),
                "{to}"
            );
        }
    }

    #[test]
    fn digests_agree_with_the_examples_of_rfc_9530() {
        for (body, digest) in [
            // Appendix D, and the message of RFC 9421, appendix B.2.
            (
                "{\"hello\": \"world\"}",
                "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            ),
            // Appendix B.1, B.2 and B.3.
            (
                "{\"hello\": \"world\"}\n",
                "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
            ),
            ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            (
                "\"world\"}\n",
                "jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=",
            ),
        ] {
            let expected = format!("sha-256=:{digest}:");
            assert_eq!(content_digest(body.as_bytes()), expected);
            let with = |digest: &str| {
                let headers = [
                    ("content-digest", digest),
                    ("content-type", "application/json"),
                ];
                covered(
                    &parts("POST", "/foo", &headers),
                    "example.com",
                    body.as_bytes(),
                )
            };
            // A request without a body carries none.
            assert!(body.is_empty() || with(&expected).is_some());
            let other = with(&format!("sha-256=:{}:", STANDARD.encode([0; 32])));
            assert!(body.is_empty() || other.is_none());
        }
    }

    #[test]
    fn derived_components_agree_with_the_examples_of_rfc_9421_2_2() {
        // 2.2.3: host in lower case, the scheme's own port left out.
        for (host, scheme, expected) in [
            ("www.example.com", "https", "www.example.com"),
            ("WWW.Example.COM:443", "https", "www.example.com"),
            ("www.example.com:80", "http", "www.example.com"),
            ("www.example.com:80", "https", "www.example.com:80"),
            ("www.example.com:8443", "https", "www.example.com:8443"),
        ] {
            let parts = parts("GET", "/path", &[("host", host)]);
            assert_eq!(authority(&parts, scheme).as_deref(), Some(expected));
        }
        // 2.2.6 and 2.2.7: an empty path is a slash, an absent query a lone question mark.
        for (uri, path, query) in [
            (
                "https://www.example.com/path?param=value",
                "/path",
                "?param=value",
            ),
            (
                "https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman",
                "/path",
                "?param=value&foo=bar&baz=bat%2Dman",
            ),
            (
                "https://www.example.com/path?queryString",
                "/path",
                "?queryString",
            ),
            ("https://www.example.com/path", "/path", "?"),
            ("https://www.example.com/path?", "/path", "?"),
            ("https://www.example.com", "/", "?"),
        ] {
            assert_eq!(component("@path", uri), path, "{uri}");
            assert_eq!(component("@query", uri), query, "{uri}");
        }
    }
}
