//! The life of a device: one pure function over state and event.
//!
//! ```text
//!             enrol             approve            suspend
//! invited ─────────────► pending ─────────► active ◄──────► suspended
//!    └──────────────────────────────────────► │     resume     │
//!      enrol without approval                 ▼                ▼
//!                    (pending too)   revoked | lost | replaced: over, for good
//! ```
//!
//! What is over stays over, with its first reason: nothing leads back, so a wipe order can never be taken back either.

use bizmitra_contract::enrolment::DeviceState;
use bizmitra_contract::statement::EndReason;

/// Where a device stands. `Invited` is a place without a device: an open activation code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Invited,
    Pending,
    Active,
    Suspended,
    Over(EndReason),
}

/// What happens to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The code was used; nobody has to approve.
    Enrol,
    /// The code was used; a manager has to approve.
    EnrolForApproval,
    /// A manager compared the fingerprint.
    Approve,
    /// A manager pauses it.
    Suspend,
    /// A manager ends the pause.
    Resume,
    /// It is ended.
    End(EndReason),
}

/// What an event makes of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It comes into another state.
    Becomes(Life, Effect),
    /// It is what the event wants already.
    Stays,
    /// The event does not fit.
    Refused,
}

/// What else has to be done, in the same transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing.
    None,
    /// Older devices of its class, and the one it replaces, make place.
    MakePlace,
    /// Its sessions end at once.
    EndSessions,
}

/// The decision.
pub(crate) fn decide(life: Life, event: Event) -> Decision {
    use Decision::{Becomes, Refused, Stays};
    match (life, event) {
        (Life::Invited, Event::Enrol) => Becomes(Life::Active, Effect::MakePlace),
        (Life::Invited, Event::EnrolForApproval) => Becomes(Life::Pending, Effect::None),
        (Life::Invited, Event::Approve | Event::Suspend | Event::Resume | Event::End(_)) => Refused,

        (Life::Pending, Event::Approve) => Becomes(Life::Active, Effect::MakePlace),
        (Life::Pending, Event::End(reason)) => Becomes(Life::Over(reason), Effect::EndSessions),
        (Life::Pending, Event::Enrol | Event::EnrolForApproval) => Stays,
        (Life::Pending, Event::Suspend | Event::Resume) => Refused,

        (Life::Active, Event::Suspend) => Becomes(Life::Suspended, Effect::EndSessions),
        (Life::Active, Event::End(reason)) => Becomes(Life::Over(reason), Effect::EndSessions),
        (Life::Active, Event::Enrol | Event::EnrolForApproval | Event::Approve | Event::Resume) => {
            Stays
        }

        // It kept its place while it was paused.
        (Life::Suspended, Event::Resume) => Becomes(Life::Active, Effect::None),
        (Life::Suspended, Event::End(reason)) => Becomes(Life::Over(reason), Effect::EndSessions),
        (Life::Suspended, Event::Enrol | Event::EnrolForApproval | Event::Suspend) => Stays,
        // A way around the pause.
        (Life::Suspended, Event::Approve) => Refused,

        // The same code with the same keys, sent again: it learns that it is over.
        (Life::Over(_), Event::Enrol | Event::EnrolForApproval | Event::End(_)) => Stays,
        (Life::Over(_), Event::Approve | Event::Suspend | Event::Resume) => Refused,
    }
}

impl Life {
    /// From the stored state; `None` for a word of a newer server.
    pub(crate) fn of(state: DeviceState) -> Option<Self> {
        Some(match state {
            DeviceState::Pending => Self::Pending,
            DeviceState::Active => Self::Active,
            DeviceState::Suspended => Self::Suspended,
            DeviceState::Revoked => Self::Over(EndReason::Revoked),
            DeviceState::Lost => Self::Over(EndReason::Lost),
            DeviceState::Replaced => Self::Over(EndReason::Replaced),
            DeviceState::Unknown => return None,
        })
    }

    /// As it is stored; a place without a device has no state.
    pub(crate) fn state(self) -> Option<DeviceState> {
        Some(match self {
            Self::Pending => DeviceState::Pending,
            Self::Active => DeviceState::Active,
            Self::Suspended => DeviceState::Suspended,
            Self::Over(EndReason::Revoked) => DeviceState::Revoked,
            Self::Over(EndReason::Lost) => DeviceState::Lost,
            Self::Over(EndReason::Replaced) => DeviceState::Replaced,
            Self::Invited | Self::Over(EndReason::Unknown) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: [EndReason; 3] = [EndReason::Revoked, EndReason::Lost, EndReason::Replaced];

    fn lives() -> Vec<Life> {
        let mut lives = vec![Life::Invited, Life::Pending, Life::Active, Life::Suspended];
        lives.extend(ENDS.map(Life::Over));
        lives
    }

    fn events() -> Vec<Event> {
        let mut events = vec![
            Event::Enrol,
            Event::EnrolForApproval,
            Event::Approve,
            Event::Suspend,
            Event::Resume,
        ];
        events.extend(ENDS.map(Event::End));
        events
    }

    /// Every pair, as a table to be read: `+` becomes active, `p` pending, `s` suspended, `x` over, `=` stays, `-` refused.
    #[test]
    fn every_state_meets_every_event_as_the_table_says() {
        //                  enrol, for approval, approve, suspend, resume, revoke, lost, replace
        let table = [
            (Life::Invited, "+p------"),
            (Life::Pending, "==+--xxx"),
            (Life::Active, "===s=xxx"),
            (Life::Suspended, "==-=+xxx"),
            (Life::Over(EndReason::Revoked), "==---==="),
            (Life::Over(EndReason::Lost), "==---==="),
            (Life::Over(EndReason::Replaced), "==---==="),
        ];
        assert_eq!(table.map(|(life, _)| life).to_vec(), lives());
        for (life, row) in table {
            let found: String = events()
                .into_iter()
                .map(|event| match decide(life, event) {
                    Decision::Becomes(Life::Active, _) => '+',
                    Decision::Becomes(Life::Pending, _) => 'p',
                    Decision::Becomes(Life::Suspended, _) => 's',
                    Decision::Becomes(Life::Over(reason), _) => {
                        assert_eq!(event, Event::End(reason), "{life:?}");
                        'x'
                    }
                    Decision::Becomes(Life::Invited, _) => '?',
                    Decision::Stays => '=',
                    Decision::Refused => '-',
                })
                .collect();
            assert_eq!(found, row, "{life:?}");
        }
    }

    #[test]
    fn whatever_stops_a_device_ends_its_sessions_and_only_a_new_active_one_takes_places() {
        for life in lives() {
            for event in events() {
                if let Decision::Becomes(next, effect) = decide(life, event) {
                    let wanted = match next {
                        Life::Suspended | Life::Over(_) => Effect::EndSessions,
                        Life::Active if life != Life::Suspended => Effect::MakePlace,
                        Life::Active | Life::Pending | Life::Invited => Effect::None,
                    };
                    assert_eq!(effect, wanted, "{life:?} {event:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_over_stays_over_with_its_first_reason() {
        for reason in ENDS {
            for event in events() {
                assert!(!matches!(
                    decide(Life::Over(reason), event),
                    Decision::Becomes(..)
                ));
            }
        }
    }

    #[test]
    fn a_stored_state_is_read_back_and_a_state_of_tomorrow_is_none() {
        for life in lives().into_iter().filter(|life| *life != Life::Invited) {
            assert_eq!(life.state().and_then(Life::of), Some(life));
        }
        assert_eq!(Life::of(DeviceState::Unknown), None);
        assert_eq!(Life::Over(EndReason::Unknown).state(), None);
    }
}
