//! A request as it lies on the wire: lines that somebody in between may alter, drop, double and reorder.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A request, line by line.
#[derive(Clone)]
pub struct Sent {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub async fn of(request: Request<Body>) -> Self {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.iter();
        Self {
            method: parts.method.to_string(),
            target: parts.uri.to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    pub fn request(&self) -> Request<Body> {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }

    pub fn get(&self, name: &str) -> String {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        values.next().unwrap().1.clone()
    }

    /// In place of all of that name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.add(name, value);
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    /// After those that are there.
    pub fn add(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Before those that are there.
    pub fn add_first(&mut self, name: &str, value: impl Into<String>) {
        self.headers.insert(0, (name.to_owned(), value.into()));
    }

    /// Makes the digest fit the body again, as somebody in between can.
    pub fn mend_digest(&mut self) {
        let digest = STANDARD.encode(Sha256::digest(&self.body));
        self.set("content-digest", format!("sha-256=:{digest}:"));
    }

    /// Rewrites `Signature-Input`.
    pub fn rewrite(&mut self, change: impl FnOnce(&mut Input)) {
        let mut input = Input::read(&self.get("signature-input"));
        change(&mut input);
        self.set("signature-input", input.write());
    }
}

/// `Signature-Input`, taken apart: `label=("component" ...);parameter=value...`.
pub struct Input {
    pub label: String,
    pub components: Vec<String>,
    pub parameters: Vec<(String, String)>,
}

impl Input {
    fn read(text: &str) -> Self {
        let (label, rest) = text.split_once("=(").unwrap();
        let (components, parameters) = rest.split_once(')').unwrap();
        let parameters = parameters.split(';').filter(|part| !part.is_empty());
        Self {
            label: label.to_owned(),
            components: components.split(' ').map(str::to_owned).collect(),
            parameters: parameters
                .map(|part| part.split_once('=').unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    fn write(&self) -> String {
        let parameters: String = self
            .parameters
            .iter()
            .map(|(name, value)| format!(";{name}={value}"))
            .collect();
        format!("{}=({}){parameters}", self.label, self.components.join(" "))
    }

    pub fn parameter(&mut self, name: &str) -> &mut String {
        let mut known = self.parameters.iter_mut();
        &mut known.find(|(known, _)| known == name).unwrap().1
    }

    /// Where a parameter stands.
    pub fn place(&self, name: &str) -> usize {
        let mut known = self.parameters.iter();
        known.position(|(known, _)| known == name).unwrap()
    }
}
