//! A check-in is a receipt: its large time, its tolerance, three steps, its number.

use bizmitra_ipc::view::{EntryView, PlaceView, Step, SyncState};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        notice::Chip,
    },
    describe::{self, Tone},
    format,
    state::Session,
    words::Words,
};

/// State of one of the three steps.
const fn step_class(reached: bool, current: bool) -> &'static str {
    match (reached, current) {
        (true, _) => "step done",
        (false, true) => "step now",
        (false, false) => "step",
    }
}

/// Saved, waiting, confirmed.
#[component]
pub(crate) fn Steps(words: Words, step: Step) -> impl IntoView {
    let w = words;
    let confirmed = step == Step::Confirmed;
    let session = Session::here();
    // What may be on its way is only called so while nothing stands in the way.
    let held_up = move || {
        session.status.with(|s| {
            s.as_ref()
                .is_some_and(|s| !matches!(s.sync.state, SyncState::Sending | SyncState::AllSent))
        })
    };
    let middle = move || match step {
        Step::Saved => w.step_waiting(),
        Step::Sending if held_up() => w.step_waiting(),
        Step::Sending => w.step_sending(),
        Step::Confirmed => w.step_sent(),
        Step::Parked => w.step_parked(),
    };
    view! {
        <ol class="steps" data-testid="entry-step" data-state=describe::step_id(step) aria-live="polite">
            <li class="step done">{w.step_saved()}</li>
            <li class=if step == Step::Parked { "step stuck" } else { step_class(confirmed, true) }>{middle}</li>
            <li class=step_class(confirmed, false)>{w.step_confirmed()}</li>
        </ol>
    }
}

/// The receipt of one tap.
#[component]
pub(crate) fn Receipt(
    /// Language.
    words: Words,
    /// The tap.
    entry: EntryView,
) -> impl IntoView {
    let w = words;
    let (tone, tolerance) = describe::trust(w, entry.time);
    let name = describe::action_name(w, entry.action);
    let receipt = match (entry.step, entry.confirmed_ms) {
        (Step::Confirmed, Some(at)) => w.receipt_at(&format::clock(at, entry.offset_min)),
        (Step::Parked, _) => w.receipt_parked().to_owned(),
        _ => w.receipt_later().to_owned(),
    };
    let locating = entry.place == PlaceView::Locating;
    let state = describe::entry_state(w, &entry);
    view! {
        <article
            class="card receipt"
            class:withdrawn=entry.withdrawn
            data-testid="receipt"
            data-state=describe::step_id(entry.step)
            aria-label=format!("{name} {}", describe::trusted_time(w, &entry))
        >
            <div class="receipt-head">
                <time class="receipt-time" data-testid="receipt-time">{format::clock(entry.wall_ms, entry.offset_min)}</time>
                <Chip tone=tone text=tolerance/>
            </div>
            <p class="receipt-place" role="status" class:locating=locating data-testid="receipt-place">
                {format!("{name} · {}", describe::place(w, &entry.place))}
            </p>
            <Steps words=w step=entry.step/>
            <dl class="facts">
                <div><dt>{w.record()}</dt><dd class="mono">{w.record_no(&entry.short_hash, &entry.number.to_string())}</dd></div>
                <div><dt>{w.receipt()}</dt><dd>{receipt}</dd></div>
                {(entry.alarm || entry.withdrawn).then(|| view! {
                    <div><dt>{w.state()}</dt><dd><Chip tone=state.0 text=state.1/></dd></div>
                })}
            </dl>
        </article>
    }
}

/// One line of a day.
#[component]
pub(crate) fn EntryRow(words: Words, entry: EntryView) -> impl IntoView {
    let w = words;
    let (tone, state) = describe::entry_state(w, &entry);
    let (_, tolerance) = describe::trust(w, entry.time);
    view! {
        <li
            class="entry"
            class:withdrawn=entry.withdrawn
            data-testid="history-entry"
            data-state=describe::step_id(entry.step)
            data-action=describe::action_id(entry.action)
        >
            <time class="entry-time">{format::clock(entry.wall_ms, entry.offset_min)}</time>
            <div class="entry-what">
                <strong>{describe::action_name(w, entry.action)}</strong>
                <span>{describe::place(w, &entry.place)}</span>
                <span class="mono">
                    {format!("{tolerance} · {}", w.record_no(&entry.short_hash, &entry.number.to_string()))}
                </span>
            </div>
            <Chip tone=tone text=state/>
        </li>
    }
}

/// Chip of the place on the dial's card.
#[component]
pub(crate) fn PlaceChip(words: Words, place: PlaceView) -> impl IntoView {
    let w = words;
    match place {
        PlaceView::Inside(_) => view! { <Chip tone=Tone::Good text=w.chip_inside()/> }.into_any(),
        PlaceView::Uncertain(_) => {
            view! { <Chip tone=Tone::Info text=w.chip_uncertain()/> }.into_any()
        }
        PlaceView::Outside(_) => {
            view! { <span class="chip waiting"><Symbol icon=Icon::Pin/>{w.chip_outside()}</span> }
                .into_any()
        }
        PlaceView::Locating => {
            view! { <span class="chip info"><Symbol icon=Icon::Pin/>{w.chip_locating()}</span> }
                .into_any()
        }
        PlaceView::None { .. } => view! { <Chip tone=Tone::Quiet text=w.chip_none()/> }.into_any(),
    }
}
