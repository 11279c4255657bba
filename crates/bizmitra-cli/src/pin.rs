//! Where a PIN comes from: a terminal without echo, or a line of the standard input.

use std::io::{BufRead as _, IsTerminal as _, stdin};

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
        let mut line = Zeroizing::new(String::with_capacity(32));
        if stdin().lock().read_line(&mut line)? == 0 {
            return Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "a PIN is expected on the standard input",
            ));
        }
        Ok(Pin::new(line.trim_end_matches(['\r', '\n']).to_owned()))
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

/// One answer after the other: scripts in tests.
impl PinSource for std::collections::VecDeque<String> {
    fn ask(&mut self, _: &str) -> std::io::Result<Pin> {
        self.pop_front()
            .map(Pin::new)
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    }
}
