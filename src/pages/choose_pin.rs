//! The first PIN; then the device is bound.

use bizmitra_ipc::{
    command,
    view::{InvitationView, Phase},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    pages::new_pin::{NewPin, Say},
    state::Session,
};

/// Both entries.
#[component]
pub(crate) fn ChoosePin(invitation: InvitationView) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let pin = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let say = Say {
        title: w.pin_choose(),
        busy: w.pin_binding(),
        finish: w.pin_finish(),
    };
    view! {
        <NewPin
            digits=(invitation.min_digits, invitation.max_digits)
            say=say
            busy=busy
            pin=pin
            on_back=move || session.activation.accepted.set(false)
            on_done=move |digits| activate(session, digits, busy, pin)
        />
    }
}

fn activate(session: Session, digits: String, busy: RwSignal<bool>, pin: RwSignal<String>) {
    busy.set(true);
    session.problem.set(None);
    spawn_local(async move {
        let answer = bridge::call(command::Activate { pin: digits }).await;
        busy.try_set(false);
        match answer {
            Ok(status) => {
                if status.phase != Phase::NotActivated {
                    session.activation.finish();
                }
                session.take(status);
            }
            Err(error) => {
                pin.try_set(String::new());
                session.fail(&error);
            }
        }
    });
}
