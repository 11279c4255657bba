//! Wrong answers: what stands in the server's place, what a broken server or proxy says, and true answers that were bent.

use bizmitra_contract::paths::{JSON, PROBLEM_JSON, SERVER_HEADER};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};

use crate::random::Random;

/// What came back: status, headers, body.
pub type Carried = (StatusCode, HeaderMap, Vec<u8>);

/// One way to answer wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// A status with a body that is not ours.
    Page(u16),
    /// The same with our header.
    OurPage(u16),
    /// 200, our header, our type, this body.
    OurJson(&'static str),
    /// A problem of ours.
    Problem(u16, &'static str),
    /// A failing server that says when to come again.
    Later(u16, u64),
    /// To another place.
    Redirect,
    /// The body ends early, and HTTP says that this is all.
    Short,
    /// An answer that was given before.
    Old,
    /// The true answer, bent.
    Bent(Bend),
}

/// How a true answer to a batch is bent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bend {
    /// Another request's id.
    OtherRequest,
    /// The first result is missing.
    FirstMissing,
    /// All results are missing.
    AllMissing,
    /// Results in the reverse order, the last one missing.
    Reversed,
    /// An item that was not sent.
    Stranger,
    /// A verdict of tomorrow.
    UnknownWord,
    /// A receipt with another signature.
    ForgedReceipt,
    /// Receipts of neighbours.
    SwappedReceipts,
    /// Applied, without a receipt.
    NoReceipt,
    /// Each result twice.
    Twice,
    /// "Later" for an item that was applied.
    LaterAfterAll,
    /// The time statement does not verify.
    ForgedAnchor,
    /// No epoch.
    NoEpoch,
}

/// All of them.
pub const ALL: &[Wrong] = &[
    Wrong::Page(200),
    Wrong::OurPage(200),
    Wrong::OurJson(""),
    Wrong::OurJson("{}"),
    Wrong::OurJson("null"),
    Wrong::OurJson("[]"),
    Wrong::Page(204),
    Wrong::Page(400),
    Wrong::Page(403),
    Wrong::Page(404),
    Wrong::Page(407),
    Wrong::Page(408),
    Wrong::Page(425),
    Wrong::Page(500),
    Wrong::Page(502),
    Wrong::Page(507),
    Wrong::Page(511),
    Wrong::Page(520),
    Wrong::OurPage(413),
    Wrong::Problem(401, "session_invalid"),
    Wrong::Problem(503, "unavailable"),
    Wrong::Problem(500, "internal"),
    Wrong::Later(503, 120),
    Wrong::Later(429, 45),
    Wrong::Redirect,
    Wrong::Short,
    Wrong::Old,
    Wrong::Bent(Bend::OtherRequest),
    Wrong::Bent(Bend::FirstMissing),
    Wrong::Bent(Bend::AllMissing),
    Wrong::Bent(Bend::Reversed),
    Wrong::Bent(Bend::Stranger),
    Wrong::Bent(Bend::UnknownWord),
    Wrong::Bent(Bend::ForgedReceipt),
    Wrong::Bent(Bend::SwappedReceipts),
    Wrong::Bent(Bend::NoReceipt),
    Wrong::Bent(Bend::Twice),
    Wrong::Bent(Bend::LaterAfterAll),
    Wrong::Bent(Bend::ForgedAnchor),
    Wrong::Bent(Bend::NoEpoch),
];

impl Wrong {
    /// Whether the server is asked at all.
    pub fn needs_server(self) -> bool {
        matches!(self, Self::Short | Self::Old | Self::Bent(_))
    }

    /// Milliseconds in which the phone should not ask again.
    pub fn asks_to_wait_ms(self) -> Option<u64> {
        match self {
            Self::Later(_, seconds) => Some(seconds * 1000),
            _ => None,
        }
    }

    /// The wrong answer in place of a true one.
    pub fn answer(
        self,
        truth: Option<Carried>,
        old: Option<&Carried>,
        random: &mut Random,
    ) -> Carried {
        let ours = (SERVER_HEADER, "0.1.0");
        match (self, truth) {
            (Self::Short, Some((status, headers, mut body))) => {
                body.truncate(random.index(body.len()));
                (status, headers, body)
            }
            (Self::Old, Some(truth)) => old.cloned().unwrap_or(truth),
            (Self::Bent(bend), Some((status, headers, body))) => {
                let body = bend.bend(&body).unwrap_or(body);
                (status, headers, body)
            }
            (Self::OurPage(status), _) => {
                made(status, &[ours, ("content-type", "text/html")], "<html>")
            }
            (Self::OurJson(body), _) => made(200, &[ours, ("content-type", JSON)], body),
            (Self::Problem(status, code), _) => {
                let body = json!({"title": "x", "status": status, "code": code, "request_id": "r"});
                made(
                    status,
                    &[ours, ("content-type", PROBLEM_JSON)],
                    &body.to_string(),
                )
            }
            (Self::Later(status, seconds), _) => {
                let (status, mut headers, body) = made(status, &[ours], "busy");
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                (status, headers, body)
            }
            (Self::Redirect, _) => {
                let (status, mut headers, body) = made(302, &[], "");
                headers.insert(
                    LOCATION,
                    HeaderValue::from_static("https://portal.example/"),
                );
                (status, headers, body)
            }
            (Self::Page(status), _) => made(
                status,
                &[("content-type", "text/html")],
                "<html>Sign in</html>",
            ),
            (Self::Short | Self::Old | Self::Bent(_), None) => made(502, &[], ""),
        }
    }
}

fn made(status: u16, headers: &[(&'static str, &str)], body: &str) -> Carried {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    map.entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain"));
    let status = StatusCode::from_u16(status).unwrap_or_default();
    (status, map, body.as_bytes().to_vec())
}

impl Bend {
    /// `None` when there is nothing to bend.
    fn bend(self, body: &[u8]) -> Option<Vec<u8>> {
        let mut answer: Value = serde_json::from_slice(body).ok()?;
        let results = answer.get_mut("results")?.as_array_mut()?;
        match self {
            Self::FirstMissing => drop((!results.is_empty()).then(|| results.remove(0))),
            Self::AllMissing => results.clear(),
            Self::Reversed => {
                results.reverse();
                results.pop().filter(|_| !results.is_empty());
            }
            Self::Stranger => {
                *results.first_mut()?.get_mut("id")? = json!("01890000-0000-7000-8000-000000000000")
            }
            Self::UnknownWord => {
                *results.first_mut()?.get_mut("verdict")? = json!("a_word_of_tomorrow")
            }
            Self::ForgedReceipt => results.iter_mut().for_each(|result| {
                if let Some(sig) = result.pointer_mut("/receipt/sig") {
                    *sig = turned(sig);
                }
            }),
            Self::SwappedReceipts => {
                let (first, rest) = results.split_first_mut()?;
                let last = rest.last_mut()?;
                std::mem::swap(first.get_mut("receipt")?, last.get_mut("receipt")?);
            }
            Self::NoReceipt => results.iter_mut().for_each(|result| {
                result
                    .as_object_mut()
                    .and_then(|result| result.remove("receipt"));
            }),
            Self::Twice => results.extend(results.clone()),
            Self::LaterAfterAll => {
                let result = results.first_mut()?.as_object_mut()?;
                result.remove("receipt");
                result.insert("verdict".to_owned(), json!("retry"));
                result.insert("code".to_owned(), json!("busy"));
            }
            Self::OtherRequest => answer["req_id"] = json!("01890000-0000-4000-8000-000000000000"),
            Self::ForgedAnchor => {
                let sig = answer.pointer_mut("/anchor/sig")?;
                *sig = turned(sig);
            }
            Self::NoEpoch => {
                answer.as_object_mut()?.remove("server_epoch");
            }
        }
        serde_json::to_vec(&answer).ok()
    }
}

/// Another signature of the same form.
fn turned(sig: &Value) -> Value {
    let text = sig.as_str().unwrap_or_default();
    let first = if text.starts_with('A') { "B" } else { "A" };
    json!(format!("{first}{}", text.get(1..).unwrap_or_default()))
}
