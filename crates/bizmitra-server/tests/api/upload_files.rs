//! A file as a device uploads and reads it: requests written from the contract's documents alone.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bizmitra_contract::blob::BlobState;
use bizmitra_contract::ids::BlobId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::device::{Signing, TestDevice};
use crate::world::{Reply, World};

pub const KIB: usize = 1024;

#[derive(Clone)]
pub struct File {
    pub id: BlobId,
    pub bytes: Vec<u8>,
}

/// Bytes that compress badly and repeat for the same seed.
pub fn make_bytes(length: usize, seed: u64) -> Vec<u8> {
    (0_u64..)
        .flat_map(|block| <[u8; 32]>::from(Sha256::digest(format!("{seed} {block}"))))
        .take(length)
        .collect()
}

impl File {
    pub fn of(length: usize, seed: u64) -> Self {
        Self {
            id: BlobId(Uuid::now_v7()),
            bytes: make_bytes(length, seed),
        }
    }

    pub fn digest(&self) -> String {
        format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&self.bytes)))
    }

    pub fn blob_path(&self) -> String {
        format!("/v1/blobs/{}", self.id)
    }

    pub fn upload_path(&self) -> String {
        format!("/v1/uploads/{}", self.id)
    }
}

/// One device that uploads, at one moment of its clock.
pub struct Uploader<'a> {
    pub device: &'a TestDevice,
    pub created_s: i64,
}

impl Uploader<'_> {
    pub fn signing(&self, upload: Vec<(&'static str, String)>) -> Signing {
        Signing {
            created_s: Some(self.created_s),
            upload,
            ..Signing::default()
        }
    }

    pub fn begin_with(&self, file: &File, length: &str, digest: &str) -> Request<Body> {
        let signing = Signing {
            idempotency_key: Some(file.id.to_string()),
            ..self.signing(vec![
                ("upload-complete", "?0".to_owned()),
                ("upload-length", length.to_owned()),
                ("repr-digest", digest.to_owned()),
            ])
        };
        self.device
            .request("PUT", &file.blob_path(), None, &signing)
    }

    pub fn begin(&self, file: &File) -> Request<Body> {
        self.begin_with(file, &file.bytes.len().to_string(), &file.digest())
    }

    pub fn offset(&self, file: &File) -> Request<Body> {
        self.device
            .request("HEAD", &file.upload_path(), None, &self.signing(Vec::new()))
    }

    pub fn piece(&self, file: &File, offset: &str, bytes: &[u8], last: bool) -> Request<Body> {
        let signing = Signing {
            content_type: Some("application/partial-upload"),
            ..self.signing(vec![
                ("upload-complete", if last { "?1" } else { "?0" }.to_owned()),
                ("upload-offset", offset.to_owned()),
            ])
        };
        let body = (!bytes.is_empty()).then(|| bytes.to_vec());
        self.device
            .request("PATCH", &file.upload_path(), body, &signing)
    }

    /// The piece of the file from `from` on, the last one when it reaches the end.
    pub fn piece_of(&self, file: &File, from: usize, length: usize) -> Request<Body> {
        let to = (from + length).min(file.bytes.len());
        let last = to == file.bytes.len();
        self.piece(file, &from.to_string(), &file.bytes[from..to], last)
    }

    pub fn cancel(&self, file: &File) -> Request<Body> {
        self.device.request(
            "DELETE",
            &file.upload_path(),
            None,
            &self.signing(Vec::new()),
        )
    }

    /// With the session of the device.
    pub fn download(&self, file: &File, range: Option<&str>) -> Request<Body> {
        let signing = Signing {
            bearer: self.device.token.clone(),
            uncovered: range
                .map(|range| ("range", range.to_owned()))
                .into_iter()
                .collect(),
            ..self.signing(Vec::new())
        };
        self.device
            .request("GET", &file.blob_path(), None, &signing)
    }
}

/// The device at the world's time.
pub fn at<'a>(device: &'a TestDevice, world: &World) -> Uploader<'a> {
    Uploader {
        device,
        created_s: world.now_ms() / 1000,
    }
}

pub fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// Where the server says the upload is, and whether it is complete.
pub fn state(reply: &Reply) -> (usize, bool) {
    assert!(reply.status.is_success(), "{}", reply.status);
    let complete = match header(reply, "upload-complete") {
        "?1" => true,
        "?0" => false,
        other => panic!("upload-complete: {other}"),
    };
    (header(reply, "upload-offset").parse().unwrap(), complete)
}

pub async fn begin(world: &World, device: &TestDevice, file: &File) -> Reply {
    world.call(at(device, world).begin(file)).await
}

pub async fn append(
    world: &World,
    device: &TestDevice,
    file: &File,
    from: usize,
    length: usize,
) -> Reply {
    world
        .call(at(device, world).piece_of(file, from, length))
        .await
}

pub async fn offset(world: &World, device: &TestDevice, file: &File) -> Reply {
    world.call(at(device, world).offset(file)).await
}

pub async fn download(world: &World, device: &TestDevice, file: &File) -> Reply {
    world.call(at(device, world).download(file, None)).await
}

/// Uploads from where the server is to the end, in pieces of one size.
pub async fn upload(world: &World, device: &TestDevice, file: &File, piece: usize) {
    let (mut from, mut complete) = state(&begin(world, device, file).await);
    while !complete {
        (from, complete) = state(&append(world, device, file, from, piece).await);
    }
    assert_eq!(from, file.bytes.len());
}

/// What the register says about the files of a person's taps.
pub fn states(world: &World, person: bizmitra_contract::ids::EmployeeId) -> Vec<BlobState> {
    let rows = world.attendance(person);
    rows.iter()
        .flat_map(|row| row.entry.blobs.iter().map(|blob| blob.state))
        .collect()
}
