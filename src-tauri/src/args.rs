//! Arguments of the process: where the store is and which server the activation form offers.
//!
//! Written by hand because a handful of flags does not pay for a parser at each start of an app.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the process was started with.
#[derive(Debug, Default, PartialEq)]
pub struct Args {
    /// `--data DIR`: the folder of the store; the system's place for app data without it.
    pub data: Option<PathBuf>,
    /// `--server URL`: what the activation form offers.
    pub server: Option<String>,
    /// `--simulate-…`: a recording in place of the receiver.
    #[cfg(feature = "simulate")]
    pub simulate: Option<Simulate>,
    /// `--simulate-biometry`: a reader that every finger matches.
    #[cfg(feature = "simulate")]
    pub simulate_biometry: bool,
    /// `--simulate-later SECONDS`: clocks that are ahead.
    #[cfg(feature = "simulate")]
    pub simulate_later: std::time::Duration,
}

/// A recording in place of the receiver.
#[cfg(feature = "simulate")]
#[derive(Debug, PartialEq)]
pub struct Simulate {
    /// `--simulate-gpx FILE`.
    pub file: PathBuf,
    /// `--simulate-start SECONDS` into the recording.
    pub start_s: f64,
    /// `--simulate-speed N` times real time.
    pub speed: f64,
}

/// Why the arguments are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgsError {
    /// Not a flag of ours.
    #[error("unknown argument {0:?}; known are --data DIR and --server URL")]
    Unknown(String),
    /// A flag without its value.
    #[error("{0} needs a value")]
    Missing(&'static str),
    /// A value that cannot be read.
    #[error("the value of {0} cannot be read")]
    Unreadable(&'static str),
}

impl Args {
    /// Reads the arguments after the program's name.
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, ArgsError> {
        let mut args = Self::default();
        #[cfg(feature = "simulate")]
        let (mut start_s, mut speed) = (0.0, 1.0);
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--data") => args.data = Some(value("--data", words.next())?.into()),
                Some("--server") => args.server = Some(text("--server", words.next())?),
                #[cfg(feature = "simulate")]
                Some("--simulate-gpx") => {
                    let file = value("--simulate-gpx", words.next())?.into();
                    args.simulate = Some(Simulate {
                        file,
                        start_s: 0.0,
                        speed: 1.0,
                    });
                }
                #[cfg(feature = "simulate")]
                Some("--simulate-biometry") => args.simulate_biometry = true,
                #[cfg(feature = "simulate")]
                Some("--simulate-later") => {
                    let seconds = number("--simulate-later", words.next())?;
                    args.simulate_later = std::time::Duration::try_from_secs_f64(seconds)
                        .map_err(|_| ArgsError::Unreadable("--simulate-later"))?;
                }
                #[cfg(feature = "simulate")]
                Some("--simulate-start") => start_s = number("--simulate-start", words.next())?,
                #[cfg(feature = "simulate")]
                Some("--simulate-speed") => speed = number("--simulate-speed", words.next())?,
                _ => return Err(ArgsError::Unknown(word.to_string_lossy().into_owned())),
            }
        }
        #[cfg(feature = "simulate")]
        if let Some(simulate) = &mut args.simulate {
            (simulate.start_s, simulate.speed) = (start_s, speed);
        }
        Ok(args)
    }
}

fn value(flag: &'static str, word: Option<OsString>) -> Result<OsString, ArgsError> {
    word.filter(|word| !word.is_empty())
        .ok_or(ArgsError::Missing(flag))
}

fn text(flag: &'static str, word: Option<OsString>) -> Result<String, ArgsError> {
    value(flag, word)?
        .into_string()
        .map_err(|_| ArgsError::Unreadable(flag))
}

#[cfg(feature = "simulate")]
fn number(flag: &'static str, word: Option<OsString>) -> Result<f64, ArgsError> {
    let number: f64 = text(flag, word)?
        .parse()
        .map_err(|_| ArgsError::Unreadable(flag))?;
    if number.is_finite() && number >= 0.0 {
        Ok(number)
    } else {
        Err(ArgsError::Unreadable(flag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, ArgsError> {
        Args::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn folder_and_server_are_read() {
        let args = parse(&[
            "--data",
            "/tmp/ravi",
            "--server",
            "https://bizmitra.example",
        ])
        .unwrap();
        assert_eq!(args.data, Some(PathBuf::from("/tmp/ravi")));
        assert_eq!(args.server.as_deref(), Some("https://bizmitra.example"));
    }

    #[test]
    fn no_arguments_are_fine() {
        assert_eq!(parse(&[]).unwrap(), Args::default());
    }

    #[test]
    fn a_misspelt_flag_is_refused_instead_of_opening_another_store() {
        assert_eq!(
            parse(&["--date", "/tmp/ravi"]),
            Err(ArgsError::Unknown("--date".into()))
        );
        assert_eq!(parse(&["--data"]), Err(ArgsError::Missing("--data")));
    }

    #[cfg(not(feature = "simulate"))]
    #[test]
    fn a_build_without_simulation_does_not_know_its_flags() {
        assert!(parse(&["--simulate-gpx", "track.gpx"]).is_err());
        assert!(parse(&["--simulate-biometry"]).is_err());
    }

    #[cfg(feature = "simulate")]
    #[test]
    fn start_and_speed_of_a_recording_are_read_in_any_order() {
        let args = parse(&[
            "--simulate-speed",
            "10",
            "--simulate-gpx",
            "track.gpx",
            "--simulate-start",
            "90",
        ])
        .unwrap();
        assert_eq!(
            args.simulate,
            Some(Simulate {
                file: "track.gpx".into(),
                start_s: 90.0,
                speed: 10.0
            })
        );
        for flag in ["--simulate-speed", "--simulate-later"] {
            for value in ["-1", "1e400", "soon"] {
                assert_eq!(parse(&[flag, value]), Err(ArgsError::Unreadable(flag)));
            }
        }
    }
}
