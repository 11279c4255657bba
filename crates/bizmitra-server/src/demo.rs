//! A company to try the product with, and a second one that must never be seen from the first.
//!
//! Made once per data folder. The codes lie in `demo.json` beside the database, because the database itself knows
//! only their MACs; codes that are used or over are replaced at each start.

mod people;

use std::fs;
use std::io;
use std::path::Path;

use bizmitra_contract::changes::{Fence, Shift};
use bizmitra_contract::enrolment::Approval;
use bizmitra_contract::ids::{CompanyId, EmployeeId, ShiftId, SiteId};
use bizmitra_contract::login::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::admin::{self, NewPerson};
use crate::error::{Result, ServerError};
use crate::server::Server;
use people::{MAIN_PEOPLE, OTHERS};

/// Name of the file with the demo's ids and codes.
pub const FILE: &str = "demo.json";
/// Where the recorded walk of the fixtures begins and ends (degrees, WGS 84); its first 40 timed points lie inside.
const PLANT: Fence = Fence::Circle {
    latitude_deg: 45.4526,
    longitude_deg: 14.0182,
    radius_m: 500.0,
};
const OFFICE: Fence = Fence::Circle {
    latitude_deg: 18.5913,
    longitude_deg: 73.7389,
    radius_m: 150.0,
};

/// What `demo.json` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demo {
    /// Sahyadri Foods.
    pub company: CompanyId,
    /// Konkan Traders, which must never be seen from the first.
    pub other_company: CompanyId,
    /// All people of both.
    pub people: Vec<DemoPerson>,
}

/// One person of the demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoPerson {
    /// Display name.
    pub name: String,
    /// Whose employee.
    pub company: CompanyId,
    /// The person.
    pub employee: EmployeeId,
    /// What the person may do.
    pub role: Role,
    /// Activation code for a phone.
    pub code: String,
    /// Activation code for a desktop.
    pub desktop_code: String,
}

impl Demo {
    /// The people the guide speaks of.
    pub fn main_people(&self) -> impl Iterator<Item = &DemoPerson> {
        self.people
            .iter()
            .filter(|person| people::is_main(&person.name))
    }

    /// A person by name.
    pub fn person(&self, name: &str) -> Option<&DemoPerson> {
        self.people.iter().find(|person| person.name == name)
    }
}

/// Opens the demo of a data folder; makes it when there is none, and gives every person two open codes.
///
/// # Errors
/// When storage fails or `demo.json` cannot be read or written.
pub fn open(server: &Server) -> Result<Demo> {
    let file = server.config().data.join(FILE);
    let mut demo = match fs::read(&file) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| ServerError::Damaged(FILE))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(server)?,
        Err(error) => return Err(error.into()),
    };
    for person in &mut demo.people {
        for code in [&mut person.code, &mut person.desktop_code] {
            if !admin::is_code_open(server, code)? {
                *code =
                    admin::invite(server, person.company, person.employee, Approval::Automatic)?;
            }
        }
    }
    write(&file, &demo)?;
    Ok(demo)
}

fn write(file: &Path, demo: &Demo) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(demo).map_err(|_| ServerError::Damaged(FILE))?;
    let draft = file.with_extension("json.new");
    fs::write(&draft, bytes)?;
    Ok(fs::rename(&draft, file)?)
}

fn create(server: &Server) -> Result<Demo> {
    let zone = "Asia/Kolkata";
    let company = admin::create_company(server, "Sahyadri Foods", zone)?;
    let other_company = admin::create_company(server, "Konkan Traders", zone)?;
    let sites = [
        admin::add_site(server, company, "Bhosari plant", &PLANT)?,
        admin::add_site(server, company, "Chakan warehouse", &warehouse())?,
        admin::add_site(server, company, "Hinjawadi office", &OFFICE)?,
    ];
    let shifts = [
        add_shift(server, company, "Morning", (9 * 60, 17 * 60 + 30))?,
        add_shift(server, company, "Afternoon", (14 * 60, 22 * 60 + 30))?,
        add_shift(server, company, "Night", (22 * 60, 6 * 60))?,
    ];
    let mut people = Vec::new();
    for (name, role) in MAIN_PEOPLE {
        people.push(add(
            server,
            company,
            (name, *role),
            shifts.first(),
            sites.first(),
        )?);
    }
    for (index, name) in OTHERS.iter().enumerate() {
        let (shift, site) = (shifts.get(index % 3), sites.get((index / 3) % 3));
        people.push(add(server, company, (name, Role::Employee), shift, site)?);
    }
    let port = admin::add_site(
        server,
        other_company,
        "Ratnagiri depot",
        &Fence::Circle {
            latitude_deg: 16.9902,
            longitude_deg: 73.312,
            radius_m: 200.0,
        },
    )?;
    let day = add_shift(server, other_company, "Day", (9 * 60, 18 * 60))?;
    people.push(add(
        server,
        other_company,
        ("Dev Sawant", Role::Admin),
        Some(&day),
        Some(&port),
    )?);
    Ok(Demo {
        company,
        other_company,
        people,
    })
}

fn warehouse() -> Fence {
    Fence::Polygon {
        corners: vec![
            [18.7603, 73.8605],
            [18.7603, 73.8637],
            [18.7581, 73.8637],
            [18.7581, 73.8605],
        ],
    }
}

fn add_shift(
    server: &Server,
    company: CompanyId,
    name: &str,
    (start_min, end_min): (u16, u16),
) -> Result<ShiftId> {
    let shift = Shift {
        id: ShiftId(Uuid::new_v4()),
        name: name.to_owned(),
        start_min,
        end_min,
        // Every day, so that the demo has a shift whenever it is tried.
        days: (1..=7).collect(),
        grace_min: 10,
        zone: "Asia/Kolkata".to_owned(),
    };
    admin::add_shift(server, company, &shift)?;
    Ok(shift.id)
}

fn add(
    server: &Server,
    company: CompanyId,
    (name, role): (&str, Role),
    shift: Option<&ShiftId>,
    site: Option<&SiteId>,
) -> Result<DemoPerson> {
    let person = NewPerson {
        name: name.to_owned(),
        role,
        shift: shift.copied(),
        sites: site.copied().into_iter().collect(),
    };
    let employee = admin::add_person(server, company, &person)?;
    // Codes are issued by the caller, like those that are over.
    Ok(DemoPerson {
        name: person.name,
        company,
        employee,
        role,
        code: String::new(),
        desktop_code: String::new(),
    })
}
