//! Two companies, four people, a clock that stands still until it is told to move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bizmitra_contract::changes::{Fence, Shift};
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{CompanyId, EmployeeId, ShiftId};
use bizmitra_contract::login::Role;
use bizmitra_contract::problem::{Problem, ProblemCode};
use bizmitra_server::admin::{self, AttendanceRow, NewPerson};
use bizmitra_server::{Clock, Server, ServerConfig, router};
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;
use uuid::Uuid;

/// Monday 2026-11-23, 09:00 in Kolkata.
pub const MONDAY_NINE_MS: i64 = 1_795_404_600_000;

pub struct FakeClock(AtomicI64);

impl Clock for FakeClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn problem(&self) -> Problem {
        assert!(
            !self.status.is_success(),
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        assert_eq!(
            self.headers.get("content-type").unwrap(),
            "application/problem+json"
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn code(&self) -> ProblemCode {
        self.problem().code
    }
}

pub struct World {
    pub server: Server,
    pub router: Router,
    pub clock: Arc<FakeClock>,
    pub company: CompanyId,
    pub ravi: EmployeeId,
    pub asha: EmployeeId,
    pub meera: EmployeeId,
    pub other_company: CompanyId,
    pub dev: EmployeeId,
    folder: Arc<tempfile::TempDir>,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    /// A world whose server is set up otherwise.
    pub fn with(set_up: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clock = Arc::new(FakeClock(AtomicI64::new(MONDAY_NINE_MS)));
        let mut config = ServerConfig::loopback(folder.path());
        set_up(&mut config);
        let server = Server::open(config, clock.clone()).unwrap();
        let company = admin::create_company(&server, "Sahyadri Foods", "Asia/Kolkata").unwrap();
        let other_company =
            admin::create_company(&server, "Konkan Traders", "Asia/Kolkata").unwrap();
        let ravi = add(&server, company, "Ravi", Role::Employee);
        let site = admin::add_site(&server, company, "Bhosari plant", &circle()).unwrap();
        let shift = morning();
        admin::add_shift(&server, company, &shift).unwrap();
        let at_site = |name: &str, role| {
            let person = NewPerson {
                name: name.to_owned(),
                role,
                shift: Some(shift.id),
                sites: vec![site],
            };
            admin::add_person(&server, company, &person).unwrap()
        };
        let (asha, meera) = (
            at_site("Asha", Role::Employee),
            at_site("Meera", Role::SiteManager),
        );
        let dev = add(&server, other_company, "Dev", Role::Admin);
        let router = router(server.clone());
        Self {
            server,
            router,
            clock,
            company,
            ravi,
            asha,
            meera,
            other_company,
            dev,
            folder,
        }
    }

    /// The same data folder, opened by another process.
    pub fn restarted(&self) -> Self {
        self.opened_at(self.folder.path())
    }

    /// The server stops, something is done to its folder, and it starts again.
    pub fn while_stopped(self, work: impl FnOnce(&std::path::Path)) -> Self {
        let Self {
            server,
            router: old,
            ..
        } = self;
        drop((server, old));
        work(self.folder.path());
        let config = ServerConfig::loopback(self.folder.path());
        let server = Server::open(config, self.clock.clone()).unwrap();
        let router = router(server.clone());
        Self {
            server,
            router,
            ..self
        }
    }

    /// The same people on another data folder; `None` when it does not open.
    pub fn try_opened_at(&self, data: &std::path::Path) -> Option<Self> {
        let server = Server::open(ServerConfig::loopback(data), self.clock.clone()).ok()?;
        let router = router(server.clone());
        Some(Self {
            server,
            router,
            clock: self.clock.clone(),
            folder: self.folder.clone(),
            ..*self
        })
    }

    pub fn opened_at(&self, data: &std::path::Path) -> Self {
        self.try_opened_at(data).unwrap()
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn advance_ms(&self, by_ms: i64) {
        self.clock.0.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub fn invite(&self, person: EmployeeId) -> String {
        self.invite_with(person, Approval::Automatic)
    }

    pub fn invite_with(&self, person: EmployeeId, approval: Approval) -> String {
        let company = if person == self.dev {
            self.other_company
        } else {
            self.company
        };
        admin::invite(&self.server, company, person, approval).unwrap()
    }

    pub fn add_admin(&self) -> EmployeeId {
        add(&self.server, self.company, "Anand", Role::Admin)
    }

    pub fn attendance(&self, person: EmployeeId) -> Vec<AttendanceRow> {
        let company = if person == self.dev {
            self.other_company
        } else {
            self.company
        };
        admin::attendance(&self.server, company, Some(person)).unwrap()
    }

    pub async fn call(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .unwrap()
            .to_vec();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn post<T: serde::Serialize>(&self, path: &str, body: &T) -> Reply {
        let request = Request::post(path)
            .header("host", crate::device::HOST)
            .header("content-type", "application/json")
            .body(Body::from(serde_json::to_vec(body).unwrap()))
            .unwrap();
        self.call(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(
            Request::get(path)
                .header("host", crate::device::HOST)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
}

fn add(server: &Server, company: CompanyId, name: &str, role: Role) -> EmployeeId {
    let person = NewPerson {
        name: name.to_owned(),
        role,
        shift: None,
        sites: Vec::new(),
    };
    admin::add_person(server, company, &person).unwrap()
}

fn circle() -> Fence {
    Fence::Circle {
        latitude_deg: 18.62,
        longitude_deg: 73.84,
        radius_m: 200.0,
    }
}

fn morning() -> Shift {
    Shift {
        id: ShiftId(Uuid::new_v4()),
        name: "Morning".to_owned(),
        start_min: 540,
        end_min: 1050,
        days: (1..=7).collect(),
        grace_min: 10,
        zone: "Asia/Kolkata".to_owned(),
    }
}
