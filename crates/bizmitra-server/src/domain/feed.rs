//! The change feed: what a device may know, in signed pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bizmitra_contract::changes::{Change, ChangesPage, Profile, kind};
use bizmitra_contract::ids::EmployeeId;
use bizmitra_contract::problem::ProblemCode;
use bizmitra_contract::statement::SignedStatement;
use rusqlite::Connection;
use serde::Serialize;

use super::correction;
use crate::auth::{CompanyScope, Session};
use crate::error::{Result, ServerError};
use crate::server::Server;
use crate::storage::feed::Audience;
use crate::storage::{self, company, employee, plan};

/// Most changes of a page.
const PAGE: usize = 200;

/// A place in the feed: the epoch it belongs to and the last number seen.
fn write_cursor(epoch: u64, seq: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{epoch}.{seq}"))
}

pub(crate) fn read_cursor(cursor: &str, epoch: u64) -> Option<i64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (its_epoch, seq) = text.split_once('.')?;
    (its_epoch.parse() == Ok(epoch))
        .then(|| seq.parse().ok())
        .flatten()
}

/// The next page for a session.
pub(crate) fn page(server: &Server, session: &Session, since: &str) -> Result<SignedStatement> {
    let scope = &session.caller.scope;
    let stale = || ServerError::Refused(ProblemCode::CursorStale);
    let after = if since.is_empty() {
        0
    } else {
        read_cursor(since, server.epoch()).ok_or_else(stale)?
    };
    let (last, mut changes) = server.read(|db| {
        let last = storage::feed::last_seq(db, scope)?;
        let changes = storage::feed::after(db, scope, session.person.id, after, PAGE + 1)?
            .into_iter()
            .map(|(seq, change)| Ok((seq, correction::fill(server, db, scope, change)?)))
            .collect::<Result<Vec<_>>>()?;
        Ok((last, changes))
    })?;
    if after > last {
        return Err(stale());
    }
    let more = changes.len() > PAGE;
    changes.truncate(PAGE);
    // At the end the cursor passes over what others may read, so that it is not searched again.
    let reached = if more {
        changes.last().map_or(after, |(seq, _)| *seq)
    } else {
        last
    };
    let page = ChangesPage {
        device: session.caller.device.id,
        since: since.to_owned(),
        cursor: write_cursor(server.epoch(), reached),
        more,
        server_epoch: server.epoch(),
        changes: changes.into_iter().map(|(_, change)| change).collect(),
    };
    server.sign(scope, "changes", &page)
}

fn change<T: Serialize>(kind: &str, id: String, value: &T) -> Result<Change> {
    let value = serde_json::to_value(value).map_err(|_| ServerError::Damaged("change"))?;
    Ok(Change {
        kind: kind.to_owned(),
        id,
        deleted: false,
        value,
    })
}

/// Says what a company's policy is now.
pub(crate) fn publish_policy(db: &Connection, scope: &CompanyScope) -> Result<()> {
    let company = company::get(db, scope)?;
    storage::feed::put(
        db,
        scope,
        Audience::Company,
        &change(kind::POLICY, scope.id().to_string(), &company.policy)?,
    )
}

/// Says which key devices seal to from now on.
pub(crate) fn publish_sealing_key(db: &Connection, scope: &CompanyScope) -> Result<()> {
    let key = super::sealing::current(db, scope)?;
    storage::feed::put(
        db,
        scope,
        Audience::Company,
        &change(kind::SEALING_KEY, scope.id().to_string(), &key)?,
    )
}

/// Says what a person, the person's sites and shift are now.
pub(crate) fn publish_person(db: &Connection, scope: &CompanyScope, id: EmployeeId) -> Result<()> {
    let person = employee::get(db, scope, id)?.ok_or(ServerError::NOT_FOUND)?;
    let sites = plan::sites_of(db, scope, id)?;
    let profile = Profile {
        company: scope.id(),
        company_name: company::get(db, scope)?.name,
        employee: id,
        name: person.name,
        role: person.role,
        shift: person.shift,
        sites: sites.iter().map(|site| site.id).collect(),
    };
    let mut changes = vec![change(kind::PROFILE, id.to_string(), &profile)?];
    for site in &sites {
        changes.push(change(kind::SITE, site.id.to_string(), site)?);
    }
    if let Some(shift) = person
        .shift
        .map(|shift| plan::get_shift(db, scope, shift))
        .transpose()?
        .flatten()
    {
        changes.push(change(kind::SHIFT, shift.id.to_string(), &shift)?);
    }
    changes
        .iter()
        .try_for_each(|change| storage::feed::put(db, scope, Audience::Person(id), change))
}
