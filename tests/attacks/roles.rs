//! Role x operation x company, over every operation that the server itself describes: each role, each state of a device,
//! each kind of id; what is not one's own and what is not there answer the same.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use bizmitra_contract::enrolment::{Approval, Platform};
use bizmitra_contract::ids::{DeviceId, EmployeeId};
use bizmitra_contract::login::Role;
use bizmitra_contract::paths;
use bizmitra_server::admin::{NewPerson, add_person};
use libtest_mimic::Trial;
use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use crate::device::{Signing, TestDevice};
use crate::roles::table::{EVERYONE, IDS, Id, ROWS, Row, Who, is_active};
use crate::support::{attack, check, everything, runtime};
use crate::world::{Reply, World};

/// Everybody, signed in where that is possible, each with an older device that is over.
struct Scene {
    world: World,
    people: BTreeMap<&'static str, TestDevice>,
    older: BTreeMap<&'static str, DeviceId>,
}

/// An operation as the description has it.
#[derive(Clone)]
struct Operation {
    id: String,
    method: String,
    path: String,
}

pub fn trials() -> Vec<Trial> {
    let described = runtime().block_on(described());
    let scene: Arc<OnceLock<Scene>> = Arc::default();
    let on_scene = |sentence: String, case: Box<dyn FnOnce(&Scene) + Send>| {
        let scene = Arc::clone(&scene);
        check(sentence, move || {
            case(scene.get_or_init(|| runtime().block_on(Scene::new())));
        })
    };
    let mut trials = vec![attack(
        "every operation that the server describes has a row, and every row an operation",
        rows,
    )];
    for operation in &described {
        let Some(row) = ROWS.iter().find(|row| row.operation == operation.id) else {
            // The trial above names it.
            continue;
        };
        for (who, asker) in EVERYONE {
            let expected = (row.status)(who);
            let sentence = format!("{} answers {expected} to {asker}", operation.id);
            let operation = operation.clone();
            trials.push(on_scene(
                sentence,
                Box::new(move |scene| {
                    let reply = runtime().block_on(scene.ask(&operation, row, who, Id::SameSite));
                    scene.expect(&reply, expected);
                }),
            ));
        }
        let Some(by_id) = row.by_id else {
            assert!(
                !operation.path.contains('{'),
                "the row of {} says nothing of ids",
                operation.id
            );
            continue;
        };
        for (who, asker) in EVERYONE.into_iter().filter(|(who, _)| is_active(*who)) {
            for (id, thing) in IDS {
                let expected = by_id(who, id);
                let sentence = format!(
                    "{} answers {expected} to {asker} about {thing}",
                    operation.id
                );
                let operation = operation.clone();
                trials.push(on_scene(
                    sentence,
                    Box::new(move |scene| {
                        let reply = runtime().block_on(scene.ask(&operation, row, who, id));
                        scene.expect(&reply, expected);
                    }),
                ));
            }
            let sentence = format!(
                "{} tells {asker} nothing by which foreign, unknown and malformed ids differ",
                operation.id
            );
            let operation = operation.clone();
            trials.push(on_scene(
                sentence,
                Box::new(move |scene| {
                    runtime().block_on(scene.compare(&operation, row, who));
                }),
            ));
        }
    }
    trials.push(attack(
        "an id of another site, of another company and of nobody are refused after the same work (the times are printed)",
        times_of_refusals,
    ));
    trials.push(on_scene(
        "the waiting devices of a company name nobody of another".to_owned(),
        Box::new(|scene| {
            runtime().block_on(scene.waiting_devices());
        }),
    ));
    trials.push(on_scene(
        "the feed of a person names nobody and nothing of another company".to_owned(),
        Box::new(|scene| {
            runtime().block_on(scene.feeds());
        }),
    ));
    trials
}

/// Operations on files: they take headers and pieces instead of JSON, and answer to ids of files. Who gets what from them is
/// in the server's own tests, `api/upload_access.rs`.
const APART: [&str; 5] = [
    "begin_upload",
    "upload_offset",
    "append_upload",
    "cancel_upload",
    "blob",
];

/// The operations of `/openapi.json`, but for those that stand apart.
async fn described() -> Vec<Operation> {
    let description: Value = World::new().get(paths::OPENAPI).await.json();
    let mut operations = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            if APART.contains(&id) {
                continue;
            }
            operations.push(Operation {
                id: id.to_owned(),
                method: method.to_ascii_uppercase(),
                path: path.clone(),
            });
        }
    }
    operations
}

async fn rows() {
    let described: BTreeSet<String> = described()
        .await
        .into_iter()
        .map(|operation| operation.id)
        .collect();
    let known: BTreeSet<String> = ROWS.iter().map(|row| row.operation.to_owned()).collect();
    let new: Vec<_> = described.difference(&known).collect();
    assert!(new.is_empty(), "no row in roles/table.rs for {new:?}");
    let gone: Vec<_> = known.difference(&described).collect();
    assert!(gone.is_empty(), "rows without an operation: {gone:?}");
    assert!(described.len() > 10);
}

/// Nothing is asserted about times, which a busy machine makes up; the same queries are made in each case.
async fn times_of_refusals() {
    let scene = Scene::new().await;
    let described = described().await;
    let operation = described
        .iter()
        .find(|operation| operation.id == "revoke_device")
        .unwrap();
    let row = ROWS.iter().find(|row| row.operation == operation.id);
    let ids = [Id::OtherSite, Id::OtherCompany, Id::Unknown];
    let mut times_us = [const { Vec::new() }; 3];
    for _ in 0..50 {
        for (times, id) in times_us.iter_mut().zip(ids) {
            let start = std::time::Instant::now();
            let reply = scene
                .ask(operation, row.unwrap(), Who::SiteManager, id)
                .await;
            times.push(start.elapsed().as_micros());
            scene.expect(&reply, 404);
        }
    }
    let [site, company, nobody] = times_us.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    eprintln!("404 after: other_site_us={site} other_company_us={company} unknown_us={nobody}");
}

impl Scene {
    async fn new() -> Self {
        let world = World::new();
        let admin = world.add_admin();
        let officer = NewPerson {
            name: "Pooja".to_owned(),
            role: Role::PrivacyOfficer,
            shift: None,
            sites: Vec::new(),
        };
        let officer = add_person(&world.server, world.company, &officer).unwrap();
        let mut scene = Self {
            people: BTreeMap::new(),
            older: BTreeMap::new(),
            world,
        };
        let people: [(&'static str, EmployeeId); 6] = [
            ("Ravi", scene.world.ravi),
            ("Asha", scene.world.asha),
            ("Meera", scene.world.meera),
            ("Anand", admin),
            ("Pooja", officer),
            ("Dev", scene.world.dev),
        ];
        for (name, id) in people {
            let older = TestDevice::enrol(&scene.world, id, &format!("{name} older")).await;
            let device = TestDevice::signed_in(&scene.world, id, name).await;
            scene.older.insert(name, older.device);
            scene.people.insert(name, device);
        }
        // A desktop each, so that the phones stay active.
        for (name, state, approval) in [
            ("Wasim", "pending", Approval::Manual),
            ("Sunil", "suspended", Approval::Automatic),
            ("Rekha", "revoked", Approval::Automatic),
        ] {
            let person = add_person(
                &scene.world.server,
                scene.world.company,
                &NewPerson {
                    name: name.to_owned(),
                    role: Role::Employee,
                    shift: None,
                    sites: Vec::new(),
                },
            )
            .unwrap();
            let device =
                TestDevice::enrol_as(&scene.world, person, name, Platform::Desktop, approval).await;
            let db = Connection::open(scene.world.folder().join("bizmitra.db")).unwrap();
            let changed = db
                .execute(
                    "UPDATE device SET state = ?1 WHERE device_id = ?2",
                    (state, device.device.0.into_bytes()),
                )
                .unwrap();
            assert_eq!(changed, 1);
            scene.people.insert(name, device);
        }
        scene
    }

    fn device(&self, who: Who) -> Option<&TestDevice> {
        let name = match who {
            Who::Nobody => return None,
            Who::Employee => "Ravi",
            Who::SiteManager => "Meera",
            Who::Admin => "Anand",
            Who::PrivacyOfficer => "Pooja",
            Who::OtherCompany => "Dev",
            Who::Waiting => "Wasim",
            Who::Suspended => "Sunil",
            Who::Revoked => "Rekha",
        };
        Some(&self.people[name])
    }

    /// An id as `who` sees it.
    fn id(&self, who: Who, id: Id) -> String {
        let of = |name: &str| self.older[name].to_string();
        match (id, who) {
            (Id::Own, Who::Employee) => of("Ravi"),
            (Id::Own, Who::SiteManager) => of("Meera"),
            (Id::Own, Who::Admin) => of("Anand"),
            (Id::Own, Who::PrivacyOfficer) => of("Pooja"),
            (Id::Own, Who::OtherCompany) => of("Dev"),
            (Id::Own, _) => unreachable!("only people with a session are asked about their own"),
            // For the one from outside both sites are another company's.
            (Id::SameSite, _) => of("Asha"),
            (Id::OtherSite, Who::Employee) => of("Pooja"),
            (Id::OtherSite, _) => of("Ravi"),
            (Id::OtherCompany, Who::OtherCompany) => of("Meera"),
            (Id::OtherCompany, _) => of("Dev"),
            (Id::Unknown, _) => Uuid::new_v4().to_string(),
            (Id::Malformed, _) => "x".to_owned(),
        }
    }

    async fn ask(&self, operation: &Operation, row: &Row, who: Who, id: Id) -> Reply {
        let path = operation.path.replace("{id}", &self.id(who, id));
        // Somebody without a key knows what a body looks like.
        let model = self.device(who).unwrap_or(&self.people["Ravi"]);
        let body = (row.body)(model).map(|body| serde_json::to_vec(&body).unwrap());
        let request = match self.device(who) {
            Some(device) => {
                device.request(&operation.method, &path, body, &device.signing(&self.world))
            }
            None => {
                let signing = Signing {
                    created_s: Some(0),
                    ..Signing::default()
                };
                let mut sent =
                    crate::wire::Sent::of(model.request(&operation.method, &path, body, &signing))
                        .await;
                sent.remove("signature");
                sent.remove("signature-input");
                sent.request()
            }
        };
        self.world.call(request).await
    }

    fn expect(&self, reply: &Reply, expected: u16) {
        let text = String::from_utf8_lossy(&reply.body);
        assert_eq!(reply.status.as_u16(), expected, "{text}");
        if expected != 200 {
            for name in self.people.keys() {
                assert!(!text.contains(name), "{name} in {text}");
            }
        }
    }

    /// What is there and foreign, and what is not there: one status, one body, one set of headers.
    async fn compare(&self, operation: &Operation, row: &Row, who: Who) {
        let before = self.decided();
        let mut shapes = BTreeSet::new();
        for id in [Id::OtherCompany, Id::Unknown, Id::Malformed] {
            let reply = self.ask(operation, row, who, id).await;
            let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
            assert!(body.as_object_mut().unwrap().remove("request_id").is_some());
            let headers: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
            shapes.insert(format!("{} {body} {headers:?}", reply.status));
        }
        assert_eq!(shapes.len(), 1, "{shapes:?}");
        assert_eq!(self.decided(), before);
    }

    /// What decisions change; other cases read beside this one, and reading leaves anchors.
    fn decided(&self) -> Vec<Vec<String>> {
        let mut all = everything(self.world.folder());
        ["device", "audit", "invitation", "employee"]
            .map(|table| all.remove(table).unwrap())
            .into()
    }

    async fn waiting_devices(&self) {
        let ours = self.people["Anand"]
            .get(&self.world, paths::PENDING_DEVICES)
            .await;
        let text = String::from_utf8(ours.body).unwrap();
        assert!(text.contains("Wasim"), "{text}");
        let theirs = self.people["Dev"]
            .get(&self.world, paths::PENDING_DEVICES)
            .await;
        assert_eq!(theirs.json::<Value>()["devices"], Value::Array(Vec::new()));
    }

    async fn feeds(&self) {
        let foreign = |name: &str| if name == "Dev" { "Sahyadri" } else { "Konkan" };
        for name in ["Ravi", "Asha", "Meera", "Anand", "Pooja", "Dev"] {
            let device = &self.people[name];
            let statement = device.get(&self.world, paths::CHANGES).await.json();
            let page: Value = device.open(&statement, "changes");
            let text = page.to_string();
            assert!(text.contains(name), "one's own profile is there: {text}");
            assert!(!text.contains(foreign(name)), "{text}");
            for other in self.people.keys().filter(|other| **other != name) {
                assert!(
                    !text.contains(&format!("\"{other}\"")),
                    "{other} in the feed of {name}"
                );
            }
        }
    }
}
