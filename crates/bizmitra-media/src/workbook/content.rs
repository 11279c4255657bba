//! What the parts hold, looked at once while each is unpacked piece by piece: sizes and checksums as they were declared, no
//! document types, nothing that runs or reaches outside. What is read afterwards can hold no surprise.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::budget::Budget;
use super::error::{Found, WorkbookError};
use super::package::Part;
use super::{MAX_KEPT_PART_BYTES, MAX_MERGES, MAX_STRINGS_BYTES};

/// Looks into every part; says whether any cells are merged.
///
/// # Errors
/// [`WorkbookError`] with the reason.
pub(super) fn check(parts: &[Part<'_>], budget: &Budget) -> Result<bool, WorkbookError> {
    check_kind(parts)?;
    let mut has_merges = false;
    for part in parts {
        let name = part.name.to_ascii_lowercase();
        let limit = match name.rsplit('/').next() {
            Some("sharedstrings.xml") => MAX_STRINGS_BYTES,
            // Wherever they lie, a reader may keep them whole.
            Some("styles.xml" | "workbook.xml") => MAX_KEPT_PART_BYTES,
            // Rows are read one by one.
            _ if is_sheet(&name) => u64::MAX,
            _ if is_xml(&name) => MAX_KEPT_PART_BYTES,
            _ => u64::MAX,
        };
        if part.bytes > limit {
            return Err(WorkbookError::Bomb);
        }
        let mut scan = Scan::new(&name, part.bytes);
        unpack(part, budget, |piece| scan.piece(piece))?;
        has_merges |= scan.merges > 0;
    }
    Ok(has_merges)
}

/// By what is in the archive: its name is anybody's.
fn check_kind(parts: &[Part<'_>]) -> Result<(), WorkbookError> {
    let has = |name: &str| parts.iter().any(|p| p.name.eq_ignore_ascii_case(name));
    let any = |word: &str| {
        parts
            .iter()
            .any(|part| part.name.to_ascii_lowercase().contains(word))
    };
    if !has("[Content_Types].xml") {
        let found = if has("content.xml") && has("mimetype") {
            Found::Ods
        } else {
            Found::Zip
        };
        return Err(WorkbookError::NotXlsx { found });
    }
    if has("xl/workbook.bin") {
        let found = Found::Xlsb;
        return Err(WorkbookError::NotXlsx { found });
    }
    if !has("xl/workbook.xml") {
        let found = Found::Zip;
        return Err(WorkbookError::NotXlsx { found });
    }
    if any("vbaproject") || any("/macrosheets/") || any("/dialogsheets/") || any("activex") {
        return Err(WorkbookError::Macros);
    }
    if any("/externallinks/") || any("xl/connections.xml") || any("/querytables/") {
        return Err(WorkbookError::ExternalLinks);
    }
    if any("/embeddings/") {
        return Err(WorkbookError::EmbeddedObjects);
    }
    Ok(())
}

fn is_sheet(name: &str) -> bool {
    name.starts_with("xl/worksheets/") && name.ends_with(".xml")
}

fn is_xml(name: &str) -> bool {
    name.ends_with(".xml") || name.ends_with(".rels")
}

/// Unpacks a part and hands it on in pieces; what it really holds must be what was declared.
fn unpack(
    part: &Part<'_>,
    budget: &Budget,
    mut piece: impl FnMut(&[u8]) -> Result<(), WorkbookError>,
) -> Result<(), WorkbookError> {
    let mut crc = Crc::new();
    if part.deflated {
        let mut inflate = Decompress::new(false);
        let mut buffer = vec![0; 64 * 1024];
        let mut rest = part.packed;
        loop {
            budget.check()?;
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let status = inflate
                .decompress(rest, &mut buffer, FlushDecompress::None)
                .map_err(|_| WorkbookError::Damaged)?;
            let read = usize::try_from(inflate.total_in() - read);
            let written = usize::try_from(inflate.total_out() - written);
            let (Ok(read), Ok(written)) = (read, written) else {
                return Err(WorkbookError::Damaged);
            };
            if inflate.total_out() > part.bytes {
                return Err(WorkbookError::Bomb);
            }
            rest = rest.get(read..).ok_or(WorkbookError::Damaged)?;
            let out = buffer.get(..written).ok_or(WorkbookError::Damaged)?;
            crc.update(out);
            piece(out)?;
            if status == Status::StreamEnd {
                break;
            }
            if (read, written) == (0, 0) {
                return Err(WorkbookError::Damaged);
            }
        }
        if inflate.total_out() != part.bytes || !rest.is_empty() {
            return Err(WorkbookError::Damaged);
        }
    } else {
        crc.update(part.packed);
        piece(part.packed)?;
    }
    if crc.sum() != part.crc {
        return Err(WorkbookError::Damaged);
    }
    Ok(())
}

/// Looks for words in a stream of pieces.
struct Scan {
    xml: bool,
    rels: bool,
    types: bool,
    /// Strings that a table may announce: each takes at least five bytes.
    max_strings: u64,
    merges: u32,
    text: Vec<u8>,
}

/// Longer than any word looked for, with the number behind `uniqueCount` and [`MAX_BETWEEN`] bytes between.
const OVERLAP: usize = 64;
/// Most bytes between the name of an attribute and its number.
const MAX_BETWEEN: usize = 32;

impl Scan {
    fn new(name: &str, bytes: u64) -> Self {
        Self {
            xml: is_xml(name),
            rels: name.ends_with(".rels"),
            types: name == "[content_types].xml",
            max_strings: bytes / 5,
            merges: 0,
            text: Vec::new(),
        }
    }

    fn piece(&mut self, piece: &[u8]) -> Result<(), WorkbookError> {
        if !self.xml {
            return Ok(());
        }
        let first = self.text.is_empty();
        self.text.extend_from_slice(piece);
        if first && !is_utf8(&self.text) {
            // Nobody would find a word in it that way.
            return Err(WorkbookError::Damaged);
        }
        self.look()?;
        // Relations are small and have attributes in any order: they are looked at as a whole.
        let keep = if self.rels { usize::MAX } else { OVERLAP };
        let done = self.text.len().saturating_sub(keep);
        self.text.drain(..done);
        Ok(())
    }

    fn look(&mut self) -> Result<(), WorkbookError> {
        let has = |word: &str| memchr::memmem::find(&self.text, word.as_bytes()).is_some();
        // XML knows this word in capitals only, and entities are declared nowhere else.
        if has("<!DOCTYPE") {
            return Err(WorkbookError::DocumentType);
        }
        if self.types && (has("macroEnabled") || has("vbaProject")) {
            return Err(WorkbookError::Macros);
        }
        if self.rels {
            if has("/externalLink") || has("/oleObject") || has("/connections") {
                return Err(WorkbookError::ExternalLinks);
            }
            if has("/vbaProject") || has("/xlMacrosheet") {
                return Err(WorkbookError::Macros);
            }
        }
        let merges = memchr::memmem::find_iter(&self.text, b"mergeCell ").count();
        // Some are counted twice, where pieces meet.
        self.merges = self
            .merges
            .saturating_add(u32::try_from(merges).unwrap_or(u32::MAX));
        if self.merges > 2 * MAX_MERGES {
            return Err(WorkbookError::Bomb);
        }
        for at in memchr::memmem::find_iter(&self.text, b"uniqueCount") {
            self.check_announced(self.text.get(at + 11..).unwrap_or_default())?;
        }
        Ok(())
    }

    /// A table of strings announces how many it has, and readers make room for them.
    fn check_announced(&self, after: &[u8]) -> Result<(), WorkbookError> {
        let between = after
            .iter()
            .take_while(|byte| b" \t\r\n='\"".contains(byte))
            .count();
        let mut announced = 0_u64;
        for digit in after
            .iter()
            .skip(between)
            .take_while(|b| b.is_ascii_digit())
        {
            let digit = u64::from(digit - b'0');
            announced = announced.saturating_mul(10).saturating_add(digit);
        }
        if announced > self.max_strings || between > MAX_BETWEEN {
            return Err(WorkbookError::Bomb);
        }
        Ok(())
    }
}

/// Neither a mark nor the zeroes of UTF-16 or UTF-32.
fn is_utf8(head: &[u8]) -> bool {
    let head = head.get(..head.len().min(4)).unwrap_or_default();
    !head.contains(&0) && !head.starts_with(&[0xFF, 0xFE]) && !head.starts_with(&[0xFE, 0xFF])
}
