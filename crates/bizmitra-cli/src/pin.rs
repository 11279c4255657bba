//! Where a PIN comes from: a terminal without echo, or a line of the standard input.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, stdin};

use bizmitra_core::vault::Pin;
use zeroize::Zeroizing;

/// Asks for PINs.
pub trait PinSource {
    /// The PIN that is asked for by these words.
    ///
    /// # Errors
    /// When there is nothing to read.
    fn ask(&mut self, words: &str) -> std::io::Result<Pin>;

    /// A new PIN, twice where a person types.
    ///
    /// # Errors
    /// When there is nothing to read, or the two differ.
    fn ask_new(&mut self, words: &str) -> std::io::Result<Pin> {
        self.ask(words)
    }
}

/// The terminal, or the standard input when it is none.
#[derive(Debug, Clone, Copy)]
pub struct Terminal;

impl PinSource for Terminal {
    fn ask(&mut self, words: &str) -> std::io::Result<Pin> {
        if stdin().is_terminal() {
            return rpassword::prompt_password(format!("{words}: ")).map(Pin::new);
        }
        read_line().map(Pin::new)
    }

    fn ask_new(&mut self, words: &str) -> std::io::Result<Pin> {
        let pin = self.ask(words)?;
        if stdin().is_terminal() && self.ask("The same again")?.expose() != pin.expose() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "the two PINs differ",
            ));
        }
        Ok(pin)
    }
}

/// Longest line that could be a PIN.
const LONGEST_LINE: usize = 64;

/// The next line of the standard input, byte by byte and past its buffer: that would keep the PIN, and the next one, for as
/// long as the process lives.
fn read_line() -> std::io::Result<String> {
    let mut input = unbuffered()?;
    // As long as it can get from the start: a string that grows leaves what it held behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let mut byte = Zeroizing::new([0]);
    let mut ended = true;
    while input.read(&mut *byte)? > 0 && line.len() < LONGEST_LINE {
        ended = false;
        let [letter] = *byte;
        if letter == b'\n' {
            break;
        }
        line.push(letter);
    }
    if ended {
        return Err(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "a PIN is expected on the standard input",
        ));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| std::io::ErrorKind::InvalidData)?;
    Ok(text.to_owned())
}

#[cfg(unix)]
fn unbuffered() -> std::io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn unbuffered() -> std::io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(stdin().as_handle().try_clone_to_owned()?))
}

/// One answer after the other: scripts in tests.
impl PinSource for std::collections::VecDeque<String> {
    fn ask(&mut self, _: &str) -> std::io::Result<Pin> {
        self.pop_front()
            .map(Pin::new)
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    }
}
