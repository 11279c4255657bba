//! Cards of the home page: last receipt with undo, site with its dial, today's list.

use bizmitra_ipc::{
    command,
    view::{EntryView, PlaceView, SiteView},
};
use leptos::prelude::*;

use super::{Desk, has_drawing};
use crate::{
    components::{
        dial::Dial,
        icon::{Icon, Symbol},
        notice::{Chip, Notice},
        receipt::{PlaceChip, Receipt},
    },
    describe::{self, Tone},
    format,
    pages::history::Day,
};

/// Receipt of the latest tap; undo while it is possible, and a way to stop looking for the place.
#[component]
pub(super) fn Latest(desk: Desk) -> impl IntoView {
    let session = desk.session;
    let w = session.words();
    let latest = Memo::new(move |_| {
        // The undo span counts down with each answer; on its own it is no new receipt.
        desk.latest().map(|entry| EntryView {
            undo_ms: 0,
            ..entry
        })
    });
    let undo_ms = move || {
        desk.latest()
            .map_or(0, |e| session.left_ms(e.undo_ms, desk.received_ms.get()))
    };
    let locating = Memo::new(move |_| {
        desk.latest()
            .filter(|e| e.place == PlaceView::Locating)
            .map(|e| e.id)
    });
    let undoable = Memo::new(move |_| desk.latest().filter(|_| undo_ms() > 0).map(|e| e.id));
    let undone = Memo::new(move |_| {
        desk.home
            .with(|h| h.as_ref().and_then(|h| h.latest.clone()))
            .filter(|e| e.withdrawn)
    });
    view! {
        {move || undone.get().map(|entry| {
            let time = format::clock(entry.wall_ms, entry.offset_min);
            let title = w.undone_title(describe::action_name(w, entry.action), &time);
            view! {
                <div role="status" data-testid="undone">
                    <Notice tone=Tone::Quiet icon=Icon::Undo title text=w.undone_text()/>
                </div>
            }
        })}
        {move || latest.get().map(|entry| view! { <Receipt words=w entry/> })}
        <div class="pair after-tap">
        {move || locating.get().map(|id| view! {
            <button
                type="button"
                class="button"
                data-testid="skip-location"
                data-state="idle"
                on:click=move |_| session.ask(
                    command::SkipLocation { id: id.clone() },
                    move |entry| desk.show(entry),
                )
            >
                {w.skip_location()}
            </button>
        })}
        {move || undoable.get().map(|id| view! {
            <button
                type="button"
                class="button"
                data-testid="undo"
                data-state="idle"
                on:click=move |_| session.ask(command::Undo { id: id.clone() }, move |entry| desk.show(entry))
            >
                <Symbol icon=Icon::Undo/>
                {w.undo()}
                <span class="undo-left" aria-hidden="true">{move || format::countdown(undo_ms())}</span>
            </button>
        })}
        </div>
    }
}

/// What the site card draws.
type Shown = (Option<SiteView>, Option<PlaceView>);

/// Site and distance.
#[component]
pub(super) fn SiteCard(desk: Desk) -> impl IntoView {
    let session = desk.session;
    let w = session.words();
    let shown: Memo<Option<Shown>> = Memo::new(move |_| {
        let site = desk.home.with(|h| h.as_ref().map(|h| h.site.clone()))?;
        Some((site, desk.latest().map(|e| e.place)))
    });
    move || {
        let (site, place) = shown.get()?;
        if site.is_none() && place.is_none() {
            return Some(view! { <p class="card empty">{w.site_unknown()}</p> }.into_any());
        }
        if place.as_ref().is_some_and(|place| !has_drawing(place)) {
            return None;
        }
        let measured = match &place {
            Some(PlaceView::Inside(s) | PlaceView::Uncertain(s) | PlaceView::Outside(s)) => {
                Some(s.site.clone())
            }
            _ => None,
        };
        let name = measured
            .or_else(|| site.as_ref().map(|s| s.name.clone()))
            .unwrap_or_default();
        let radius = site
            .as_ref()
            .and_then(|s| s.radius_m)
            .map(|r| w.radius(&crate::words::group(r.into())));
        let chip = place.clone();
        let after = place.is_some();
        Some(
            view! {
                <section class="card site" class:after=after aria-label=w.site() data-testid="site-card">
                    <div class="site-head">
                        <h2>{name}</h2>
                        {match chip {
                            Some(place) => view! { <PlaceChip words=w place/> }.into_any(),
                            None => radius.map(|text| view! { <Chip tone=Tone::Quiet text plain=true/> }).into_any(),
                        }}
                    </div>
                    <Dial words=w site place=place.clone()/>
                    {match place {
                        None => Some(view! { <p class="hint">{w.site_at_tap()}</p> }.into_any()),
                        Some(PlaceView::None { reason }) => {
                            Some(view! { <p class="hint">{describe::no_place(w, reason)}</p> }.into_any())
                        }
                        Some(_) => None,
                    }}
                </section>
            }
            .into_any(),
        )
    }
}

/// Today's entries beside the rest, where there is room for them.
#[component]
pub(super) fn Today(desk: Desk) -> impl IntoView {
    let w = desk.session.words();
    view! {
        <h2 class="side-title">{w.today()}</h2>
        <Day words=w day=desk.today/>
    }
}
