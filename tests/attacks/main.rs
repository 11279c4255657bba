//! Attacks: each case is a sentence about what somebody tries and what it gets them. `cargo test -p bizmitra-tests
//! --test attacks -- WORDS` runs those whose sentence contains the words; `--ignored` runs what takes minutes.

use std::process::ExitCode;

#[cfg(test)]
#[path = "../../crates/bizmitra-server/tests/api/activation.rs"]
mod activation;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod biometrics;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod chains;
#[cfg(test)]
mod clocks;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod curve;
#[cfg(test)]
#[path = "../../crates/bizmitra-server/tests/api/device.rs"]
mod device;
#[cfg(test)]
mod envelopes;
#[cfg(test)]
mod flood;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod nonces;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod records;
#[cfg(test)]
mod regressions;
#[cfg(test)]
mod replays;
#[cfg(test)]
#[path = "../../crates/bizmitra-server/tests/api/request.rs"]
mod request;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../../fuzz/src/targets.rs"]
mod targets;
#[cfg(test)]
mod wire;
#[cfg(test)]
#[path = "../../crates/bizmitra-server/tests/api/world.rs"]
mod world;

#[cfg(test)]
fn main() -> ExitCode {
    let trials = [
        answers::trials(),
        biometrics::trials(),
        canary::trials(),
        chains::trials(),
        clocks::trials(),
        codes::trials(),
        copies::trials(),
        envelopes::trials(),
        flood::trials(),
        folders::trials(),
        keys::trials(),
        nonces::trials(),
        pins::trials(),
        records::trials(),
        regressions::trials(),
        replays::trials(),
        requests::trials(),
        roles::trials(),
        sessions::trials(),
    ];
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}

#[cfg(not(test))]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
