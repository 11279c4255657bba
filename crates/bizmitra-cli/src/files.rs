//! Files: captured, listed, held, taken back, written out.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;
use bizmitra_core::ids::ItemId;
use bizmitra_device::{
    Device, DeviceError, FileError, FileInput, FileProgress, FileReason, FileRole, FileView,
};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::args::FileKind;
use crate::exit::{Exit, Refused};
use crate::output::Output;
use crate::pin::PinSource;
use crate::session;

pub(crate) async fn upload(
    device: &Device,
    path: &Path,
    kind: Option<FileKind>,
    wait: bool,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let file = File::open(path).map_err(|error| {
        Refused::new(
            "input",
            format!("the file cannot be opened: {}", error.kind()),
        )
    })?;
    let (role, media_type) = kind_of(path, kind)?;
    let input = FileInput {
        id: device.home()?.form_id,
        role,
        about: None,
        name: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        media_type: media_type.to_owned(),
    };
    let mut changes = device.changes();
    let captured = tokio::task::block_in_place(|| {
        device.add_file(&mut BufReader::with_capacity(256 * 1024, file), input)
    });
    let mut file = captured.map_err(refused)?;
    say(output, "saved", &file)?;
    while wait && is_under_way(&file) {
        if matches!(changes.recv().await, Err(RecvError::Closed)) {
            break;
        }
        let files = device.files()?;
        let Some(now) = files.into_iter().find(|now| now.id == file.id) else {
            break;
        };
        if now != file {
            say(output, "file", &now)?;
        }
        file = now;
    }
    Ok(match file.progress {
        FileProgress::Parked(_) => Exit::Refused,
        _ if wait && file.progress != FileProgress::Sent => Exit::Waiting,
        _ => Exit::Done,
    })
}

fn is_under_way(file: &FileView) -> bool {
    matches!(file.progress, FileProgress::Saved | FileProgress::Sending)
}

/// What a file is, and the type of its bytes, from its name.
fn kind_of(path: &Path, kind: Option<FileKind>) -> Result<(FileRole, &'static str)> {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let known = match ending.as_deref() {
        Some("jpg" | "jpeg") => Some((FileRole::Image, "image/jpeg")),
        Some("png") => Some((FileRole::Image, "image/png")),
        Some("xlsx") => Some((
            FileRole::Workbook,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )),
        _ => None,
    };
    let wanted = kind.map(|kind| match kind {
        FileKind::Image => FileRole::Image,
        FileKind::Workbook => FileRole::Workbook,
    });
    match (wanted, known) {
        (Some(role), Some((_, media_type))) => Ok((role, media_type)),
        (Some(role), None) => Ok((role, "application/octet-stream")),
        (None, Some(known)) => Ok(known),
        (None, None) => Err(Refused::new(
            "input",
            "what this file is cannot be told by its name: --kind image or --kind workbook",
        )
        .into()),
    }
}

pub(crate) async fn list(
    device: &Device,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    for file in device.files()? {
        say(output, "file", &file)?;
    }
    Ok(Exit::Done)
}

pub(crate) async fn change(
    device: &Device,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
    change: impl FnOnce(&Device) -> Result<FileView, DeviceError>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let file = change(device).map_err(|error| match error {
        DeviceError::TooLate => anyhow::Error::from(Refused::new(
            "too_late",
            "too late: the server has the whole file",
        )),
        error => error.into(),
    })?;
    say(output, "file", &file)?;
    Ok(Exit::Done)
}

pub(crate) async fn download(
    device: &Device,
    id: ItemId,
    out: &Path,
    pins: &mut dyn PinSource,
    output: &mut Output<'_>,
) -> Result<Exit> {
    session::unlock(device, pins).await?;
    let file = device.fetch_file(id).await?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let to = options.open(out).map_err(|error| {
        Refused::new(
            "output",
            format!("the file cannot be created: {}", error.kind()),
        )
    })?;
    let written = tokio::task::block_in_place(|| {
        let mut to = BufWriter::with_capacity(256 * 1024, to);
        device.open_file(id, &mut to)?;
        to.flush().map_err(|error| FileError::Io(error.kind()))?;
        to.get_ref()
            .sync_all()
            .map_err(|error| FileError::Io(error.kind()))
    });
    if let Err(error) = written {
        // What was written until then is not the file.
        std::fs::remove_file(out)?;
        return Err(refused(error));
    }
    say(output, "written", &file)?;
    Ok(Exit::Done)
}

/// What only files can be refused for, in the cli's words; the device's own errors keep theirs.
fn refused(error: FileError) -> anyhow::Error {
    let code = match &error {
        FileError::Device(_) => "",
        FileError::Io(_) => "input",
        FileError::TooLarge => "too_large",
        FileError::NoKey => "no_key",
        FileError::Damaged => "damaged",
        FileError::NotHere => "not_here",
    };
    match error {
        FileError::Device(error) => error.into(),
        error => Refused::new(code, error.to_string()).into(),
    }
}

fn say(output: &mut Output<'_>, event: &str, file: &FileView) -> Result<()> {
    let (state, reason) = state(file.progress);
    let name = file.what.as_ref().and_then(|what| what.name.as_deref());
    let percent = file
        .acknowledged
        .saturating_mul(100)
        .checked_div(file.length)
        .unwrap_or(0);
    let sentence = format!(
        "{}  {}  {percent} %  {}{}",
        file.id,
        name.unwrap_or("(no name)"),
        state.replace('_', " "),
        reason
            .map(|reason| format!(": {}", because(reason)))
            .unwrap_or_default(),
    );
    output.say(
        &sentence,
        &json!({
            "event": event, "id": file.id.to_string(), "name": name, "state": state,
            "reason": reason.map(FileReason::name), "length": file.length, "acknowledged": file.acknowledged,
            "kept": file.kept, "kind": file.what.as_ref().map(|what| what.role.name()),
        }),
    )
}

fn state(progress: FileProgress) -> (&'static str, Option<FileReason>) {
    match progress {
        FileProgress::Saved => ("saved", None),
        FileProgress::Sending => ("sending", None),
        FileProgress::WaitingForFreeNetwork => ("waiting_for_wifi", None),
        FileProgress::Paused => ("paused", None),
        FileProgress::Sent => ("sent", None),
        FileProgress::Parked(reason) => ("needs_attention", Some(reason)),
        FileProgress::Cancelled => ("cancelled", None),
    }
}

fn because(reason: FileReason) -> &'static str {
    match reason {
        FileReason::Quota => {
            "your space on the server is full; it stays here, resume it when there is room"
        }
        FileReason::TooLarge => "the server takes no files of this size",
        FileReason::Conflict => "the server has something else under its id",
        FileReason::Damaged => "its bytes on this device are damaged",
    }
}
