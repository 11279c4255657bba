//! The OpenAPI 3.1 description, put together from one table and the contract's own schemas.

mod files;

use bizmitra_contract::{
    attendance, changes, devices, enrolment, login, paths, problem, record, sealing, statement,
    sync,
};
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// Who may call an operation.
#[derive(Clone, Copy)]
enum Access {
    Anyone,
    Device,
    Session,
}

struct Operation {
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    access: Access,
    request: Option<&'static str>,
    response: &'static str,
}

const fn operation(
    path: &'static str,
    (id, summary): (&'static str, &'static str),
    access: Access,
    request: Option<&'static str>,
    response: &'static str,
) -> Operation {
    Operation {
        path,
        id,
        summary,
        access,
        request,
        response,
    }
}

use Access::{Anyone, Device, Session};

/// Every operation on JSON: one with a request body is a POST, the others are GETs.
const OPERATIONS: &[Operation] = &[
    operation(
        paths::HEALTH,
        ("health", "Liveness, version and epoch"),
        Anyone,
        None,
        "HealthResponse",
    ),
    operation(
        paths::OPENAPI,
        ("openapi", "This description"),
        Anyone,
        None,
        "object",
    ),
    operation(
        paths::INVITATION,
        (
            "check_invitation",
            "Looks an activation code up without using it",
        ),
        Anyone,
        Some("InvitationRequest"),
        "InvitationResponse",
    ),
    operation(
        paths::ENROLMENT,
        ("enrol", "Binds a device; the code is used up"),
        Anyone,
        Some("EnrolmentRequest"),
        "EnrolmentResponse",
    ),
    operation(
        paths::THIS_DEVICE,
        ("this_device", "State of the asking device"),
        Device,
        None,
        "ThisDeviceResponse",
    ),
    operation(
        paths::LOGIN_CHALLENGE,
        (
            "login_challenge",
            "A nonce to sign; a device that signs this request too does not share the limit of its address",
        ),
        Anyone,
        Some("ChallengeRequest"),
        "ChallengeResponse",
    ),
    operation(
        paths::LOGIN,
        ("login", "Opens a session"),
        Device,
        Some("LoginRequest"),
        "LoginResponse",
    ),
    operation(
        paths::SYNC_BATCH,
        (
            "sync_batch",
            "Applies items of the outbox, with a verdict each",
        ),
        Device,
        Some("BatchRequest"),
        "BatchResponse",
    ),
    operation(
        paths::CHANGES,
        (
            "changes",
            "A page of the change feed; its payload is a ChangesPage",
        ),
        Session,
        None,
        "SignedStatement",
    ),
    operation(
        paths::ME,
        ("me", "The signed-in person"),
        Session,
        None,
        "MeResponse",
    ),
    operation(
        paths::PENDING_DEVICES,
        ("pending_devices", "Devices that wait for approval"),
        Session,
        None,
        "PendingDevicesResponse",
    ),
    operation(
        paths::APPROVE_DEVICE,
        ("approve_device", "Approves a device by its fingerprint"),
        Session,
        Some("ApproveRequest"),
        "DeviceStateResponse",
    ),
    operation(
        paths::REVOKE_DEVICE,
        ("revoke_device", "Revokes a device"),
        Session,
        Some("RevokeRequest"),
        "DeviceStateResponse",
    ),
    operation(
        paths::SUSPEND_DEVICE,
        ("suspend_device", "Pauses an active device"),
        Session,
        Some("ReasonRequest"),
        "DeviceStateResponse",
    ),
    operation(
        paths::RESUME_DEVICE,
        ("resume_device", "Ends the pause of a device"),
        Session,
        Some("ReasonRequest"),
        "DeviceStateResponse",
    ),
    operation(
        paths::REPORT_LOST_DEVICE,
        ("report_lost_device", "Reports a device lost"),
        Session,
        Some("ReasonRequest"),
        "DeviceStateResponse",
    ),
    operation(
        paths::REPLACE_DEVICE,
        (
            "replace_device",
            "A one-time code for the device that takes this one's place",
        ),
        Session,
        Some("ReasonRequest"),
        "ReplaceResponse",
    ),
    operation(
        paths::DEVICES,
        ("devices", "Devices that the asking person decides about"),
        Session,
        None,
        "DevicesResponse",
    ),
    operation(
        paths::MY_DEVICES,
        ("my_devices", "The asking person's own devices"),
        Session,
        None,
        "DevicesResponse",
    ),
];

/// The description.
pub fn describe() -> Value {
    let mut all_paths = Map::new();
    for operation in OPERATIONS {
        let method = if operation.request.is_some() {
            "post"
        } else {
            "get"
        };
        all_paths.insert(
            operation.path.to_owned(),
            json!({ method: describe_operation(operation) }),
        );
    }
    files::add_to(&mut all_paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bizmitra API",
            "version": crate::observe::VERSION,
            "description": "Attendance: enrolment, sign-in, sync, files and the change feed. Errors are RFC 9457 problems.",
        },
        "paths": all_paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "device_signature": {
                    "type": "apiKey", "in": "header", "name": "Signature",
                    "description": "RFC 9421 signature by the device identity key over method, authority, path, query, \
                                    content digest and type, authorization, idempotency key and the fields of uploads.",
                },
                "session": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn describe_operation(operation: &Operation) -> Value {
    let security = match operation.access {
        Anyone => json!([]),
        Device => json!([{ "device_signature": [] }]),
        Session => json!([{ "device_signature": [], "session": [] }]),
    };
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "security": security,
        "parameters": parameters(operation.path),
        "responses": {
            "200": { "description": "Done", "content": { paths::JSON: { "schema": reference(operation.response) } } },
            "default": {
                "description": "Not done",
                "content": { paths::PROBLEM_JSON: { "schema": reference("Problem") } },
            },
        },
    });
    if let (Some(request), Some(fields)) = (operation.request, described.as_object_mut()) {
        let body = json!({ "required": true, "content": { paths::JSON: { "schema": reference(request) } } });
        fields.insert("requestBody".to_owned(), body);
    }
    described
}

fn parameters(path: &str) -> Value {
    let text = json!({ "type": "string" });
    if path.contains("{id}") {
        json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } }])
    } else if path == paths::THIS_DEVICE {
        let id = json!({ "type": "string", "format": "uuid" });
        json!([{ "name": "challenge", "in": "query", "required": false, "schema": id, "description": "Comes back in the lease" }])
    } else if path == paths::CHANGES {
        json!([{ "name": "since", "in": "query", "required": false, "schema": text, "description": "Cursor of the last page" }])
    } else {
        json!([])
    }
}

fn reference(schema: &str) -> Value {
    if schema == "object" {
        json!({ "type": "object" })
    } else {
        json!({ "$ref": format!("#/components/schemas/{schema}") })
    }
}

/// The schemas of all messages and of everything they name.
fn schemas() -> Value {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    add::<devices::HealthResponse>(&mut found);
    add::<devices::ThisDeviceResponse>(&mut found);
    add::<devices::PendingDevicesResponse>(&mut found);
    add::<devices::ApproveRequest>(&mut found);
    add::<devices::RevokeRequest>(&mut found);
    add::<devices::ReasonRequest>(&mut found);
    add::<devices::ReplaceResponse>(&mut found);
    add::<devices::DevicesResponse>(&mut found);
    add::<devices::DeviceStateResponse>(&mut found);
    add::<enrolment::InvitationRequest>(&mut found);
    add::<enrolment::InvitationResponse>(&mut found);
    add::<enrolment::EnrolmentRequest>(&mut found);
    add::<enrolment::EnrolmentResponse>(&mut found);
    add::<login::ChallengeRequest>(&mut found);
    add::<login::ChallengeResponse>(&mut found);
    add::<login::LoginRequest>(&mut found);
    add::<login::LoginResponse>(&mut found);
    add::<login::MeResponse>(&mut found);
    add::<sync::BatchRequest>(&mut found);
    add::<sync::BatchResponse>(&mut found);
    add::<statement::SignedStatement>(&mut found);
    add::<statement::TimeAnchor>(&mut found);
    add::<statement::Lease>(&mut found);
    add::<statement::WipeOrder>(&mut found);
    add::<statement::Succession>(&mut found);
    add::<changes::ChangesPage>(&mut found);
    add::<changes::Profile>(&mut found);
    add::<changes::Policy>(&mut found);
    add::<changes::Site>(&mut found);
    add::<changes::Shift>(&mut found);
    add::<attendance::AttendanceEntry>(&mut found);
    add::<attendance::CorrectionEntry>(&mut found);
    add::<record::Record>(&mut found);
    add::<sealing::SealingKey>(&mut found);
    add::<problem::Problem>(&mut found);
    let mut schemas = Map::new();
    for (name, schema) in found {
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
    Value::Object(schemas)
}

fn add<T: ToSchema + PartialSchema>(found: &mut Vec<(String, RefOr<Schema>)>) {
    found.push((T::name().into_owned(), T::schema()));
    T::schemas(found);
}
