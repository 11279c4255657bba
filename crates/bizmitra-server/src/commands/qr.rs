//! Links and their QR codes, drawn with half blocks for a terminal.

use std::io::{self, IsTerminal as _};

use anyhow::{Context, bail};
use bizmitra_server::{Server, admin};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// The address for a link: as given, or where the server was last served.
pub(crate) fn origin(server: &Server, given: Option<String>) -> anyhow::Result<Option<String>> {
    let Some(given) = given else {
        return Ok(admin::origin(server)?);
    };
    let address = given.trim_end_matches('/').to_ascii_lowercase();
    let host = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"));
    let is_plain = |host: &str| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c))
    };
    if !host.is_some_and(is_plain) {
        bail!("the address must be https://host[:port]");
    }
    Ok(Some(address))
}

/// Prints the QR code of a link. A terminal is told the colours: white on black, whatever its own are.
pub(crate) fn print(link: &str) -> anyhow::Result<()> {
    let drawn = draw(link)?;
    if !io::stdout().is_terminal() {
        return super::print(&drawn);
    }
    drawn
        .lines()
        .try_for_each(|line| super::print(&format!("\x1b[97;40m{line}\x1b[0m")))
}

/// Light modules are drawn, dark ones left empty: for light text on a dark ground.
fn draw(link: &str) -> anyhow::Result<String> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M)
        .context("the link does not fit into a QR code")?;
    Ok(code
        .render::<Dense1x2>()
        // The renderer thinks of dark ink on light paper.
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longest_link_is_drawn_as_a_square_with_its_quiet_zone() {
        let link = format!(
            "bizmitra:?v=1&server=https://{}.example.in:8443&code=7F3A09C211&key={}",
            "a".repeat(60),
            "0f".repeat(16)
        );
        let drawn = draw(&link).unwrap();
        let widths: std::collections::BTreeSet<usize> =
            drawn.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 1);
        let width = widths.into_iter().next().unwrap();
        assert_eq!(drawn.lines().count(), width.div_ceil(2));
        assert!(
            drawn.lines().next().unwrap().chars().all(|c| c == '█'),
            "the quiet zone is light"
        );
    }
}
