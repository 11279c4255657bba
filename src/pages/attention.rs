//! What the server refused, or holds differently: why, the data, and two ways on. Nothing is deleted.

use bizmitra_ipc::{command, view::AttentionView};
use leptos::prelude::*;

use crate::{
    components::{
        icon::Icon,
        notice::{Notice, Problem},
        receipt::EntryRow,
    },
    describe::{self, Tone},
    format,
    state::Session,
};

/// All items.
#[component]
pub(crate) fn Attention() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let items = RwSignal::new(None::<Vec<AttentionView>>);
    Effect::new(move |_| {
        session.attendance.track();
        session.ask(command::GetAttention {}, move |list| {
            items.try_set(Some(list));
        });
    });
    view! {
        <div class="page-head">
            <p class="eyebrow">{w.attention_eyebrow()}</p>
            <h1 tabindex="-1">{w.nav_attention()}</h1>
        </div>
        <div class="narrow">
        <Problem words=w code=session.problem/>
        {move || items.get().map(|list| {
            if list.is_empty() {
                view! { <p class="card empty" data-testid="attention-empty">{w.attention_empty()}</p> }.into_any()
            } else {
                list.into_iter().map(|item| view! { <Item item items/> }).collect_view().into_any()
            }
        })}
        </div>
    }
}

#[component]
fn Item(item: AttentionView, items: RwSignal<Option<Vec<AttentionView>>>) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let (what, and_now) = describe::attention(w, item.reason);
    let exported = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (retry_id, export_id) = (item.id.clone(), item.id);
    let retry = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let id = retry_id.clone();
        leptos::task::spawn_local(async move {
            let answer = crate::bridge::call(command::RetryItem { id }).await;
            busy.try_set(false);
            match answer {
                Ok(list) => {
                    items.try_set(Some(list));
                    session.refresh();
                }
                Err(error) => session.fail(&error),
            }
        });
    };
    view! {
        <article class="attention" data-testid="attention-item">
            <Notice tone=Tone::Bad icon=Icon::Alert title=what text=and_now/>
            {item.entry.map(|entry| {
                let day = format::long_date(w, &entry.day);
                view! { <h2>{day}</h2><ul class="card entries"><EntryRow words=w entry/></ul> }
            })}
            <div class="pair">
                <button
                    type="button"
                    class="button"
                    data-testid="retry"
                    data-state=move || if busy.get() { "busy" } else { "idle" }
                    on:click=retry
                >
                    {w.try_again()}
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="export"
                    data-state="idle"
                    on:click=move |_| session.ask(command::ExportItem { id: export_id.clone() }, move |text| {
                        exported.try_set(Some(text));
                    })
                >
                    {w.export()}
                </button>
            </div>
            {move || exported.get().map(|text| view! {
                <label class="field">
                    <span>{w.export_hint()}</span>
                    <textarea class="mono" readonly rows="8" data-testid="export-text" prop:value=text></textarea>
                </label>
            })}
        </article>
    }
}
