//! What it means that no answer came.

use std::error::Error;
use std::io;

use bizmitra_core::api::ApiError;
use rustls::CertificateError;

/// Classifies an error of sending or receiving. In doubt the request may have reached the server.
pub(crate) fn classify_failure(error: &reqwest::Error) -> ApiError {
    if let Some(tls) = find_tls(error) {
        if let rustls::Error::InvalidCertificate(reason) = tls {
            return match reason {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => ApiError::CertificateTime,
                _ => ApiError::Certificate,
            };
        }
        if matches!(tls, rustls::Error::NoCertificatesPresented) {
            return ApiError::Certificate;
        }
    }
    if error.is_connect() || error.is_builder() {
        ApiError::NotSent
    } else {
        ApiError::AnswerLost
    }
}

/// The TLS error inside, however it is wrapped. An `io::Error` hides what it wraps from `source()`.
fn find_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
