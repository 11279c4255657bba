//! The keypad that opens the vault. The shell counts the tries; this screen only says so.

use bizmitra_ipc::{
    command,
    view::{StatusView, UnlockView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::{
        appearance::OtherLanguage,
        biometrics::UnlockByBiometrics,
        keypad::{Dots, Key, Keypad, press},
        notice::Problem,
    },
    format,
    route::Entering,
    state::Session,
};

fn of<T>(session: Session, read: impl Fn(&StatusView) -> T) -> Option<T> {
    session.status.with(|s| s.as_ref().map(read))
}

/// Name, dots, keypad.
#[component]
pub(crate) fn Unlock() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let (fewest, most) = session
        .status
        .with_untracked(|s| s.as_ref().map_or((4, 8), |s| s.pin_digits));
    let pin = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(false);
    let wait_ms = Memo::new(move |_| {
        session.left_ms(
            of(session, |s| s.wait_ms).unwrap_or_default(),
            session.received_ms.get(),
        )
    });
    let waits = Memo::new(move |_| wait_ms.get() > 0);
    let closed = Signal::derive(move || busy.get() || waits.get());

    let submit = move || {
        let digits = pin.get_untracked();
        if closed.get_untracked() || digits.len() < usize::from(fewest) {
            return;
        }
        busy.set(true);
        wrong.set(false);
        spawn_local(async move {
            let answer = bridge::call(command::Unlock { pin: digits }).await;
            pin.try_set(String::new());
            busy.try_set(false);
            match answer {
                Ok(UnlockView::Wrong { .. }) => {
                    wrong.try_set(true);
                }
                Ok(UnlockView::Open | UnlockView::Wait { .. } | UnlockView::Destroyed) => {}
                Err(error) => session.fail(&error),
            }
            session.refresh();
        });
    };
    let on_key = move |key| {
        if key == Key::Enter {
            return submit();
        }
        wrong.set(false);
        session.problem.set(None);
        let digits = press(&pin.get_untracked(), key, most);
        let full = digits.len() == usize::from(most) && key != Key::Erase;
        pin.set(digits);
        if full {
            submit();
        }
    };
    let message = move || {
        let tries = u64::from(of(session, |s| s.tries_left).unwrap_or_default());
        if waits.get() {
            return format!(
                "{} {}",
                w.unlock_wait(&format::countdown(wait_ms.get())),
                w.tries_left(tries)
            );
        }
        if busy.get() {
            return w.unlock_checking().to_owned();
        }
        if wrong.get() {
            return format!("{} {}", w.unlock_wrong(), w.tries_left(tries));
        }
        // From the first wrong try on the count stays in sight, also after a restart.
        if tries > 0 && tries < 10 {
            w.tries_left(tries)
        } else {
            String::new()
        }
    };
    let state = move || match () {
        () if busy.get() => "busy",
        () if waits.get() => "waiting",
        () if wrong.get() => "wrong",
        () => "idle",
    };
    view! {
        <main class="sheet pin-page unlock" data-testid="unlock">
            <div class="sheet-top"><span></span><OtherLanguage/></div>
            <div class="pin-body">
                <span class="avatar" aria-hidden="true">{move || of(session, |s| format::initials(&s.name))}</span>
                <h1 tabindex="-1">{move || of(session, |s| s.name.clone())}</h1>
                <p class="lead">{move || of(session, |s| w.unlock_lead(&s.company, &s.device_short))}</p>
                <Dots pin=pin places=Signal::derive(move || fewest)/>
                <p class="pin-message bad" role="status" data-testid="unlock-message" data-state=state>{message}</p>
                <Problem words=w code=session.problem/>
                <Keypad disabled=closed with_enter=fewest != most on_key=on_key/>
                <UnlockByBiometrics/>
                <button
                    type="button"
                    class="link"
                    data-testid="forgot-pin"
                    on:click=move |_| session.activation.entering.set(Entering::Forgot)
                >
                    {w.forgot_pin()}
                </button>
            </div>
            <p class="pin-foot" data-testid="unlock-waiting">
                {move || of(session, |s| s.waiting).filter(|n| *n > 0).map(|n| w.unlock_waiting(n.into()))}
            </p>
        </main>
    }
}
