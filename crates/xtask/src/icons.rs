//! Every icon size from `icons/source.svg`: PNG by librsvg, ICO and ICNS as containers of those files.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{process, say, setup};

const DESKTOP: &[(&str, u32)] = &[
    ("32x32.png", 32),
    ("64x64.png", 64),
    ("128x128.png", 128),
    ("128x128@2x.png", 256),
    ("icon.png", 512),
];
const ICO: &[u32] = &[16, 24, 32, 48, 64, 256];
/// Apple's type codes for PNG content, by size.
const ICNS: &[(&[u8; 4], u32)] = &[
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic07", 128),
    (b"ic08", 256),
    (b"ic09", 512),
    (b"ic10", 1024),
];
/// Density folder, launcher size, size of the adaptive foreground.
const ANDROID: &[(&str, u32, u32)] = &[
    ("mdpi", 48, 108),
    ("hdpi", 72, 162),
    ("xhdpi", 96, 216),
    ("xxhdpi", 144, 324),
    ("xxxhdpi", 192, 432),
];

/// Makes every size; the results are committed.
pub fn make(workspace: &Workspace) -> Result<()> {
    setup::to_draw()?;
    let icons = workspace.root.join("icons");
    let source = icons.join("source.svg");
    let mut made = 0;
    for (name, size) in DESKTOP {
        fs::write(icons.join(name), png(&source, *size)?)?;
        made += 1;
    }
    let pictures = ICO
        .iter()
        .map(|size| Ok((*size, png(&source, *size)?)))
        .collect::<Result<Vec<_>>>()?;
    fs::write(icons.join("icon.ico"), ico(&pictures)?)?;
    let pictures = ICNS
        .iter()
        .map(|(kind, size)| Ok((**kind, png(&source, *size)?)))
        .collect::<Result<Vec<_>>>()?;
    fs::write(icons.join("icon.icns"), icns(&pictures)?)?;
    made += 2;
    let resources = workspace
        .root
        .join("src-tauri/gen/android/app/src/main/res");
    if resources.is_dir() {
        for (density, launcher, foreground) in ANDROID {
            let folder = resources.join(format!("mipmap-{density}"));
            fs::create_dir_all(&folder)?;
            for (name, size) in [
                ("ic_launcher", launcher),
                ("ic_launcher_round", launcher),
                ("ic_launcher_foreground", foreground),
            ] {
                fs::write(folder.join(format!("{name}.png")), png(&source, *size)?)?;
                made += 1;
            }
        }
    }
    say::figures(&[("icons", made.to_string())]);
    Ok(())
}

fn png(source: &Path, size: u32) -> Result<Vec<u8>> {
    let picture = tempfile_beside(source);
    let size = size.to_string();
    process::run_quietly(
        Command::new("rsvg-convert")
            .args(["-w", &size, "-h", &size, "-o"])
            .arg(&picture)
            .arg(source),
    )?;
    let bytes = fs::read(&picture).context("rsvg-convert wrote nothing")?;
    fs::remove_file(picture)?;
    Ok(bytes)
}

fn tempfile_beside(source: &Path) -> std::path::PathBuf {
    source.with_extension(format!("{}.png", std::process::id()))
}

/// ICO: a directory of 16-byte entries, then the pictures. 0 stands for 256.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    file.extend([0, 0, 1, 0]);
    file.extend(u16::try_from(pictures.len())?.to_le_bytes());
    let mut offset = 6 + 16 * u32::try_from(pictures.len())?;
    for (size, bytes) in pictures {
        let side = u8::try_from(*size).unwrap_or(0);
        let length = u32::try_from(bytes.len())?;
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(length.to_le_bytes());
        file.extend(offset.to_le_bytes());
        offset += length;
    }
    for (_, bytes) in pictures {
        file.extend(bytes);
    }
    Ok(file)
}

/// ICNS: magic, length of the file, then type, length and bytes of each picture; lengths count their headers.
fn icns(pictures: &[([u8; 4], Vec<u8>)]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    for (kind, bytes) in pictures {
        body.extend(kind);
        body.extend(u32::try_from(bytes.len() + 8)?.to_be_bytes());
        body.extend(bytes);
    }
    let mut file = b"icns".to_vec();
    file.extend(u32::try_from(body.len() + 8)?.to_be_bytes());
    file.extend(body);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_points_at_its_pictures() {
        let file = ico(&[(16, vec![1, 2, 3]), (256, vec![4])]).unwrap();
        assert_eq!(file[4], 2);
        assert_eq!(file[6], 16);
        assert_eq!(file[22], 0, "256 is written as 0");
        assert_eq!(u32::from_le_bytes(file[18..22].try_into().unwrap()), 38);
        assert_eq!(file[38..], [1, 2, 3, 4]);
    }

    #[test]
    fn an_icns_counts_its_headers() {
        let file = icns(&[(*b"ic07", vec![9; 5])]).unwrap();
        assert_eq!(u32::from_be_bytes(file[4..8].try_into().unwrap()), 21);
        assert_eq!(file.len(), 21);
    }
}
