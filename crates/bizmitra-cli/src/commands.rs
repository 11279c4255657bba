//! One function a command.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use bizmitra_core::attendance::{Action, Entry};
use bizmitra_core::ids::ItemId;
use bizmitra_device::{Device, LocationWish, Phase, Status};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::args::{Args, Command, Decision, TapArgs};
use crate::exit::{Exit, Refused};
use crate::output::Output;
use crate::pin::PinSource;
use crate::{correct, files, session, verify};

/// A location is known or given up after ten seconds; a little more for the disk.
const LOCATION_WAIT: Duration = Duration::from_secs(12);

pub(crate) async fn run(
    args: Args,
    pins: &mut dyn PinSource,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit> {
    let mut output = Output {
        is_json: args.json,
        out,
    };
    // A file speaks for itself: whoever checks it has neither the device nor its PIN.
    if let Command::Verify { file, server_key } = &args.command {
        return verify::run(file, server_key.as_ref(), &mut output);
    }
    let device = session::open(&args).await?;
    let done = run_command(&args, &device, pins, &mut output).await;
    if device.status().is_ok_and(|status| status.store_was_damaged) {
        writeln!(
            err,
            "bizmitra-cli: the store was damaged; it was moved aside and what it still gave was kept"
        )?;
    }
    device.close().await;
    done
}

async fn run_command(
    args: &Args,
    device: &Device,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    match &args.command {
        Command::Activate { server, code, .. } => {
            activate(device, server, code, pins, output).await
        }
        Command::SetPin => set_pin(device, pins, output).await,
        Command::CheckIn(how) => tap(device, Action::CheckIn, *how, pins, output).await,
        Command::CheckOut(how) => tap(device, Action::CheckOut, *how, pins, output).await,
        Command::BreakStart(how) => tap(device, Action::BreakStart, *how, pins, output).await,
        Command::BreakEnd(how) => tap(device, Action::BreakEnd, *how, pins, output).await,
        Command::Undo => undo(device, pins, output).await,
        Command::Correct(what) => correct::run(device, what, pins, output).await,
        Command::Status => {
            output.status(&device.status()?)?;
            Ok(Exit::Done)
        }
        Command::Day { day } => show_day(device, day.as_deref(), pins, output).await,
        Command::Sync { unlock } => sync(device, *unlock, pins, output).await,
        Command::Watch { unlock, until_sent } => {
            watch(device, *unlock, *until_sent, pins, output).await
        }
        Command::Export { output: file } => export(device, file.as_deref(), pins, output).await,
        Command::Upload { file, kind, wait } => {
            files::upload(device, file, *kind, *wait, pins, output).await
        }
        Command::Files => files::list(device, pins, output).await,
        Command::Pause { id } => {
            files::change(device, pins, output, |device| device.pause_file(*id)).await
        }
        Command::Resume { id } => {
            files::change(device, pins, output, |device| device.resume_file(*id)).await
        }
        Command::Cancel { id } => {
            files::change(device, pins, output, |device| device.cancel_file(*id)).await
        }
        Command::Download { id, out } => files::download(device, *id, out, pins, output).await,
        Command::Consent { decision } => consent(device, *decision, pins, output).await,
        Command::Verify { file, server_key } => verify::run(file, server_key.as_ref(), output),
    }
}

async fn activate(
    device: &Device,
    server: &str,
    code: &str,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    let takes_a_code = matches!(
        device.status()?.phase,
        Phase::NotActivated | Phase::Locked | Phase::Destroyed | Phase::Revoked | Phase::Wiped
    );
    if !takes_a_code {
        return Err(Refused::new(
            "already_activated",
            "this data folder belongs to a person already",
        )
        .into());
    }
    let invitation = device.check_code(server, code).await?;
    let digits = match invitation.pin_digits {
        (min, max) if min == max => format!("{min} digits"),
        (min, max) => format!("{min} to {max} digits"),
    };
    let pin = pins.ask_new(&format!(
        "New PIN for {} at {} ({digits})",
        invitation.employee_name, invitation.company_name
    ))?;
    if let Some(problem) = device.check_pin(&pin) {
        return Err(Refused::new("weak_pin", problem.to_string()).into());
    }
    device.activate(pin).await?;
    // Profile, sites and shifts, while the vault is open.
    let status = device.sync_now().await?;
    output.status(&status)?;
    Ok(match status.phase {
        Phase::Activating => Exit::Waiting,
        _ => Exit::Done,
    })
}

async fn set_pin(
    device: &Device,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    if device.status()?.phase != Phase::Locked {
        session::unlock(device, pins).await?;
    }
    let current = pins.ask("Current PIN")?;
    let new = pins.ask_new("New PIN")?;
    if let Some(problem) = device.check_pin(&new) {
        return Err(Refused::new("weak_pin", problem.to_string()).into());
    }
    session::refuse_unless_open(device.change_pin(current, new).await?)?;
    output.say("the PIN was changed", &json!({ "event": "pin_changed" }))?;
    Ok(Exit::Done)
}

async fn tap(
    device: &Device,
    action: Action,
    how: TapArgs,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let mut changes = device.changes();
    let wish = if how.without_location {
        LocationWish::Skip
    } else {
        LocationWish::Use
    };
    let form = device.home()?.form_id;
    let entry = device.tap(form, action, wish)?;
    output.entry("saved", &entry)?;
    if how.wait_location {
        let located = tokio::time::timeout(LOCATION_WAIT, async {
            loop {
                if let Some(entry) = located(device, form)? {
                    return Ok::<_, anyhow::Error>(Some(entry));
                }
                if matches!(changes.recv().await, Err(RecvError::Closed)) {
                    return Ok(None);
                }
            }
        });
        if let Ok(Some(entry)) = located.await.unwrap_or(Ok(None)) {
            output.entry("located", &entry)?;
        }
    }
    Ok(Exit::Done)
}

fn located(device: &Device, tap: ItemId) -> Result<Option<Entry>> {
    Ok(Some(device.entry(tap)?).filter(|entry| entry.evidence.is_some()))
}

async fn undo(device: &Device, pins: &mut dyn PinSource, output: &mut Output<'_>) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let latest = device.home()?.latest.filter(|entry| !entry.withdrawn);
    let latest =
        latest.ok_or_else(|| Refused::new("not_found", "there is no tap of today to take back"))?;
    let entry = device.undo(latest.tap.id)?;
    output.entry("undone", &entry)?;
    Ok(Exit::Done)
}

async fn show_day(
    device: &Device,
    day: Option<&str>,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let day = device.day(day)?;
    for entry in &day.entries {
        output.entry("entry", entry)?;
    }
    output.say(
        &format!("{}: {} of {} minutes", day.day, day.worked_min, day.planned_min),
        &json!({ "event": "day", "day": day.day, "worked_min": day.worked_min, "planned_min": day.planned_min, "entries": day.entries.len() }),
    )?;
    Ok(Exit::Done)
}

async fn sync(
    device: &Device,
    unlock: bool,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    if unlock {
        session::unlock(device, pins).await?;
    }
    let mut status = device.sync_now().await?;
    // A round brings files on by a piece: as long as they move, so do we.
    while status.files.waiting > 0 {
        let before = status.files;
        status = device.sync_now().await?;
        if status.files == before {
            break;
        }
    }
    output.status(&status)?;
    Ok(if is_settled(&status) {
        Exit::Done
    } else {
        Exit::Waiting
    })
}

fn is_settled(status: &Status) -> bool {
    status.waiting == 0
        && status.files.waiting == 0
        && !matches!(status.phase, Phase::Activating | Phase::AwaitingApproval)
}

async fn watch(
    device: &Device,
    unlock: bool,
    until_sent: bool,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    if unlock {
        session::unlock(device, pins).await?;
    }
    let mut changes = device.changes();
    let mut shown: Option<Status> = None;
    loop {
        let status = device.status()?;
        // What only ticks down is no news.
        let news = shown.as_ref().is_none_or(|shown| {
            (
                shown.phase,
                shown.waiting,
                shown.files,
                shown.attention,
                shown.sync.state,
            ) != (
                status.phase,
                status.waiting,
                status.files,
                status.attention,
                status.sync.state,
            )
        });
        if news {
            output.status(&status)?;
        }
        if until_sent && is_settled(&status) {
            return Ok(Exit::Done);
        }
        shown = Some(status);
        tokio::select! {
            change = changes.recv() => if matches!(change, Err(RecvError::Closed)) { return Ok(Exit::Done) },
            stop = tokio::signal::ctrl_c() => {
                stop?;
                return Ok(Exit::Done);
            }
        }
    }
}

async fn export(
    device: &Device,
    file: Option<&std::path::Path>,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let mut text = device.export()?;
    text.push('\n');
    let Some(path) = file else {
        output.out.write_all(text.as_bytes())?;
        output.out.flush()?;
        return Ok(Exit::Done);
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| {
        Refused::new(
            "output",
            format!("the file cannot be created: {}", error.kind()),
        )
    })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    output.say(
        "written; check it with: bizmitra-cli verify",
        &json!({ "event": "exported", "bytes": text.len() }),
    )?;
    Ok(Exit::Done)
}

async fn consent(
    device: &Device,
    decision: Decision,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let given = decision == Decision::On;
    device.set_location_consent(given, &device.me()?.notice_version, "en")?;
    let sentence = if given {
        "location may be used at the tap"
    } else {
        "location is not used"
    };
    output.say(sentence, &json!({ "event": "consent", "given": given }))?;
    Ok(Exit::Done)
}
