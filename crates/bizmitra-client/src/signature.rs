//! HTTP message signatures (RFC 9421) with content digests (RFC 9530), as `bizmitra_contract::signing` fixes them. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::signing::{ED25519, LABEL, TAG};
use sha2::{Digest as _, Sha256};

/// The covered parts of one request.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// `@method`, upper case.
    pub method: &'a str,
    /// `@authority`: host in lower case, and the port unless it is the scheme's own (RFC 9421, section 2.2.3).
    pub authority: &'a str,
    /// `@path`, as it is sent.
    pub path: &'a str,
    /// Query without `?`, as it is sent.
    pub query: Option<&'a str>,
    /// Content digest and content type, when there is a body.
    pub body: Option<(&'a str, &'a str)>,
    /// `authorization`, when it is sent.
    pub authorization: Option<&'a str>,
    /// `idempotency-key`, when it is sent.
    pub idempotency_key: Option<&'a str>,
    /// Fields of an upload that are sent, in the contract's order.
    pub upload: &'a [(&'static str, String)],
}

/// The signature's parameters.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub created: i64,
    /// A nonce of the server.
    pub nonce: Option<&'a str>,
    /// The device id.
    pub key_id: &'a str,
}

/// What is signed, and the value of `@signature-params`.
#[derive(Clone, PartialEq, Eq)]
pub struct Base {
    /// The signature base (RFC 9421, section 2.5).
    pub text: String,
    /// Covered components and parameters, as in `Signature-Input` after the label.
    pub params: String,
}

/// `Content-Digest` of a body (RFC 9530, section 2).
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// The base of a request's signature; `None` when the nonce or key id cannot be a structured string.
pub fn signature_base(parts: &Parts<'_>, params: &Params<'_>) -> Option<Base> {
    let query = format!("?{}", parts.query.unwrap_or_default());
    let mut components = vec![
        ("@method", parts.method),
        ("@authority", parts.authority),
        ("@path", parts.path),
        ("@query", query.as_str()),
    ];
    if let Some((digest, content_type)) = parts.body {
        components.push(("content-digest", digest));
        components.push(("content-type", content_type));
    }
    components.extend(parts.authorization.map(|value| ("authorization", value)));
    components.extend(
        parts
            .idempotency_key
            .map(|value| ("idempotency-key", value)),
    );
    components.extend(
        parts
            .upload
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    let mut tail = format!(";created={}", params.created);
    if let Some(nonce) = params.nonce {
        tail.push_str(&format!(";nonce={}", quoted(nonce)?));
    }
    tail.push_str(&format!(
        ";keyid={};alg=\"{ED25519}\";tag=\"{TAG}\"",
        quoted(params.key_id)?
    ));
    Some(assemble(&components, &tail))
}

/// Lines of the base for components in order; `tail` are the parameters, each with its semicolon.
fn assemble(components: &[(&str, &str)], tail: &str) -> Base {
    let names: Vec<String> = components
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let params = format!("({}){tail}", names.join(" "));
    let mut text: String = components
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}\n"))
        .collect();
    text.push_str(&format!("\"@signature-params\": {params}"));
    Base { text, params }
}

/// A structured string (RFC 8941, section 3.3.3): printable ASCII.
fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    Some(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}

/// Value of `Signature-Input`.
pub fn signature_input(base: &Base) -> String {
    format!("{LABEL}={}", base.params)
}

/// Value of `Signature`.
pub fn signature_header(signature: &[u8; 64]) -> String {
    format!("{LABEL}=:{}:", STANDARD.encode(signature))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

    use super::*;

    const DEVICE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_post_with_everything_has_this_base() {
        let digest = content_digest(br#"{"hello": "world"}"#);
        // RFC 9421, section B.2's message has the same body; its sha-256 digest is this.
        assert_eq!(
            digest,
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
        );
        let parts = Parts {
            method: "POST",
            authority: "api.example.com:8443",
            path: "/v1/sync/batch",
            query: None,
            body: Some((&digest, "application/json")),
            authorization: Some("Bearer abc"),
            idempotency_key: Some("k1"),
            upload: &[],
        };
        let base = signature_base(
            &parts,
            &Params {
                created: 1_700_000_000,
                nonce: Some("n\"1"),
                key_id: DEVICE,
            },
        )
        .unwrap();
        let expected = concat!(
            "\"@method\": POST\n",
            "\"@authority\": api.example.com:8443\n",
            "\"@path\": /v1/sync/batch\n",
            "\"@query\": ?\n",
            "\"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n",
            "\"content-type\": application/json\n",
            "\"authorization\": Bearer abc\n",
            "\"idempotency-key\": k1\n",
            "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"content-type\" ",
            "\"authorization\" \"idempotency-key\");created=1700000000;nonce=\"n\\\"1\";",
            "keyid=\"01890a5d-ac96-774b-bcce-b302099a8057\";alg=\"ed25519\";tag=\"bizmitra\"",
        );
        assert_eq!(base.text, expected);
    }

    #[test]
    fn digests_agree_with_the_examples_of_rfc_9530() {
        // Appendix B.1, B.2 (no content) and B.3 (a part of B.1).
        for (body, digest) in [
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
            assert_eq!(
                content_digest(body.as_bytes()),
                format!("sha-256=:{digest}:")
            );
        }
    }

    #[test]
    fn a_get_with_a_query_has_this_base() {
        let parts = Parts {
            method: "GET",
            authority: "api.example.com",
            path: "/v1/changes",
            query: Some("since=a%20b"),
            body: None,
            authorization: None,
            idempotency_key: None,
            upload: &[],
        };
        let base = signature_base(
            &parts,
            &Params {
                created: 5,
                nonce: None,
                key_id: DEVICE,
            },
        )
        .unwrap();
        let expected = concat!(
            "\"@method\": GET\n\"@authority\": api.example.com\n\"@path\": /v1/changes\n\"@query\": ?since=a%20b\n",
            "\"@signature-params\": (\"@method\" \"@authority\" \"@path\" \"@query\");created=5;",
            "keyid=\"01890a5d-ac96-774b-bcce-b302099a8057\";alg=\"ed25519\";tag=\"bizmitra\"",
        );
        assert_eq!(base.text, expected);
        assert_eq!(
            signature_input(&base),
            "bz=(\"@method\" \"@authority\" \"@path\" \"@query\");created=5;keyid=\"01890a5d-ac96-774b-bcce-b302099a8057\";alg=\"ed25519\";tag=\"bizmitra\""
        );
    }

    #[test]
    fn a_nonce_that_could_break_out_of_its_quotes_is_refused() {
        let parts = Parts {
            method: "GET",
            authority: "a",
            path: "/",
            query: None,
            body: None,
            authorization: None,
            idempotency_key: None,
            upload: &[],
        };
        assert!(
            signature_base(
                &parts,
                &Params {
                    created: 5,
                    nonce: Some("a\nb"),
                    key_id: DEVICE
                }
            )
            .is_none()
        );
    }

    #[test]
    fn the_assembly_gives_the_signature_of_rfc_9421_b_2_6() {
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let seed: [u8; 32] = url_safe
            .decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU")
            .unwrap()
            .try_into()
            .unwrap();
        let public: [u8; 32] = url_safe
            .decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs")
            .unwrap()
            .try_into()
            .unwrap();
        let base = assemble(
            &[
                ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
                ("@method", "POST"),
                ("@path", "/foo"),
                ("@authority", "example.com"),
                ("content-type", "application/json"),
                ("content-length", "18"),
            ],
            ";created=1618884473;keyid=\"test-key-ed25519\"",
        );
        let signature = SigningKey::from_bytes(&seed).sign(base.text.as_bytes());
        let expected = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
        assert_eq!(STANDARD.encode(signature.to_bytes()), expected);
        let theirs = Signature::from_slice(&STANDARD.decode(expected).unwrap()).unwrap();
        VerifyingKey::from_bytes(&public)
            .unwrap()
            .verify(base.text.as_bytes(), &theirs)
            .unwrap();
    }
}
