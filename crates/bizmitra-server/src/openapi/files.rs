//! The operations on files: bytes and headers instead of JSON, so each says more than a line of the table could.

use bizmitra_contract::blob::{
    INTEROP_VERSION, INTEROP_VERSION_HEADER, MAX_APPEND_SIZE, MAX_SIZE, MIN_APPEND_SIZE,
    REPR_DIGEST, UPLOAD_COMPLETE, UPLOAD_LENGTH, UPLOAD_LIMIT, UPLOAD_OFFSET,
};
use bizmitra_contract::paths;
use serde_json::{Map, Value, json};

/// Adds the paths of files.
pub(super) fn add_to(all_paths: &mut Map<String, Value>) {
    all_paths.insert(
        paths::BLOB.to_owned(),
        json!({ "put": begin(), "get": download() }),
    );
    all_paths.insert(
        paths::UPLOAD.to_owned(),
        json!({ "head": offset(), "patch": append(), "delete": cancel() }),
    );
}

fn begin() -> Value {
    json!({
        "operationId": "begin_upload",
        "summary": "Begins the upload of a file; the same beginning twice is one upload",
        "security": device(),
        "parameters": [
            id(),
            header("idempotency-key", true, json!({ "type": "string", "format": "uuid" }), "The blob's id again"),
            header(UPLOAD_COMPLETE, true, json!({ "type": "string", "const": "?0" }), "A beginning carries no bytes"),
            header(UPLOAD_LENGTH, true, integer(MAX_SIZE), "Bytes of the whole file"),
            header(REPR_DIGEST, true, json!({ "type": "string", "pattern": "^sha-256=:.{44}:$" }),
                   "SHA-256 of the whole file (RFC 9530)"),
            interop(),
        ],
        "responses": responses("201", state("Begun before or now; Location is the upload, or the file when it is here already")),
    })
}

fn offset() -> Value {
    json!({
        "operationId": "upload_offset",
        "summary": "Where an upload stands; what is answered is on the server's disk",
        "security": device(),
        "parameters": [id(), interop()],
        "responses": responses("204", state("Where it stands")),
    })
}

fn append() -> Value {
    let mut answers = responses("204", state("On disk; more is to come"));
    if let Some(answers) = answers.as_object_mut() {
        answers.insert(
            "201".to_owned(),
            state("Complete, and its digest holds; Location is the file"),
        );
    }
    json!({
        "operationId": "append_upload",
        "summary": "Appends a piece to an upload",
        "description": format!(
            "At most {MAX_APPEND_SIZE} bytes, at least {MIN_APPEND_SIZE} unless the piece reaches the file's end. \
             Another offset than the upload's is a 409 that says the right one."
        ),
        "security": device(),
        "parameters": [
            id(),
            header(UPLOAD_OFFSET, true, integer(MAX_SIZE), "Where the piece belongs"),
            header(UPLOAD_COMPLETE, true, json!({ "type": "string", "enum": ["?0", "?1"] }), "?1: nothing follows"),
            header(UPLOAD_LENGTH, false, integer(MAX_SIZE), "As declared at the beginning"),
            interop(),
        ],
        "requestBody": { "required": false, "content": { paths::PARTIAL_UPLOAD: { "schema": bytes() } } },
        "responses": answers,
    })
}

fn cancel() -> Value {
    json!({
        "operationId": "cancel_upload",
        "summary": "Cancels an upload that is not complete",
        "security": device(),
        "parameters": [id(), interop()],
        "responses": responses("204", json!({ "description": "Gone, with its bytes" })),
    })
}

fn download() -> Value {
    let content = json!({ paths::OCTET_STREAM: { "schema": bytes() } });
    let mut answers = responses(
        "200",
        json!({ "description": "The bytes, as an attachment", "content": content }),
    );
    if let Some(answers) = answers.as_object_mut() {
        answers.insert(
            "206".to_owned(),
            json!({ "description": "One range of the bytes", "content": content }),
        );
        answers.insert("416".to_owned(), problem("The file has no such range"));
    }
    json!({
        "operationId": "blob",
        "summary": "A complete file of the signed-in person",
        "security": [{ "device_signature": [], "session": [] }],
        "parameters": [
            id(),
            header("range", false, json!({ "type": "string" }), "One range of bytes (RFC 9110, section 14.2)"),
            header("if-range", false, json!({ "type": "string" }), "The entity tag that the range belongs to"),
        ],
        "responses": answers,
    })
}

fn device() -> Value {
    json!([{ "device_signature": [] }])
}

fn id() -> Value {
    json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } })
}

fn header(name: &str, required: bool, schema: Value, description: &str) -> Value {
    json!({ "name": name, "in": "header", "required": required, "schema": schema, "description": description })
}

fn interop() -> Value {
    header(
        INTEROP_VERSION_HEADER,
        false,
        json!({ "type": "string", "const": INTEROP_VERSION }),
        "Version of draft-ietf-httpbis-resumable-upload",
    )
}

fn integer(maximum: u64) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": maximum })
}

fn bytes() -> Value {
    json!({ "type": "string", "contentMediaType": paths::OCTET_STREAM })
}

/// An answer without a body whose headers say where the upload stands.
fn state(description: &str) -> Value {
    let text = json!({ "schema": { "type": "string" } });
    json!({
        "description": description,
        "headers": {
            UPLOAD_OFFSET: { "schema": integer(MAX_SIZE) },
            UPLOAD_COMPLETE: text,
            UPLOAD_LENGTH: { "schema": integer(MAX_SIZE) },
            UPLOAD_LIMIT: text,
        },
    })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { paths::PROBLEM_JSON: { "schema": super::reference("Problem") } },
    })
}

fn responses(status: &str, good: Value) -> Value {
    json!({ status: good, "default": problem("Not done") })
}
