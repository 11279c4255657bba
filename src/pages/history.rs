//! One day: its entries, their state, hours against the shift.

use bizmitra_ipc::{
    command,
    view::{DayView, EntryView, ShiftView},
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        notice::Problem,
        receipt::EntryRow,
    },
    format,
    state::Session,
    words::Words,
};

/// The day of [`Session::day`].
#[component]
pub(crate) fn History() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let shown = RwSignal::new(None::<DayView>);
    Effect::new(move |_| {
        session.attendance.track();
        let day = session.day.get();
        session.ask(command::GetDay { day: day.clone() }, move |view| {
            // A late answer for another day is not this day.
            if session
                .day
                .try_get_untracked()
                .is_some_and(|now| now == day)
            {
                shown.try_set(Some(view));
            }
        });
    });
    let turn = move |by: i64| {
        let Some((day, today)) =
            shown.with_untracked(|s| s.as_ref().map(|s| (s.day.clone(), s.today.clone())))
        else {
            return;
        };
        if let Some(next) = format::shift_day(&day, by) {
            session.day.set((next != today).then_some(next));
        }
    };
    let at_today = move || shown.with(|s| s.as_ref().is_none_or(|s| s.day >= s.today));
    view! {
        <div class="page-head">
            <p class="eyebrow">{move || {
                shown.with(|s| s.as_ref().filter(|s| s.day == s.today).map(|_| w.today()))
            }}</p>
            <h1 tabindex="-1">{w.nav_history()}</h1>
        </div>
        <div class="narrow">
        <Problem words=w code=session.problem/>
        <div class="day-turn">
            <button type="button" class="round" data-testid="day-previous" aria-label=w.day_previous() on:click=move |_| turn(-1)>
                <Symbol icon=Icon::Back/>
            </button>
            <h2 aria-live="polite" data-testid="day-title">
                {move || shown.with(|s| s.as_ref().map(|s| format::long_date(w, &s.day)))}
            </h2>
            <button
                type="button"
                class="round"
                data-testid="day-next"
                aria-label=w.day_next()
                disabled=at_today
                on:click=move |_| turn(1)
            >
                <Symbol icon=Icon::Next/>
            </button>
        </div>
        <Day words=w day=shown/>
        </div>
    }
}

/// Hours and entries of a day. A row is drawn again only when something in it changed.
#[component]
pub(crate) fn Day(words: Words, day: RwSignal<Option<DayView>>) -> impl IntoView {
    let w = words;
    let hours = Memo::new(move |_| {
        day.with(|day| {
            let day = day.as_ref()?;
            Some((day.shift.clone(), day.worked_min, day.planned_min))
        })
    });
    let empty = Memo::new(move |_| day.with(|day| day.as_ref().map(|day| day.entries.is_empty())));
    let entries = move || {
        day.with(|day| {
            day.as_ref()
                .map_or_else(Vec::new, |day| day.entries.clone())
        })
    };
    // The undo span counts down with each answer and is not in the row.
    let key = |entry: &EntryView| EntryView {
        undo_ms: 0,
        ..entry.clone()
    };
    view! {
        {move || hours.get().map(|(shift, worked, planned)| view! { <Hours words=w shift worked planned/> })}
        {move || empty.get().map(|empty| if empty {
            view! { <p class="card empty" data-testid="day-empty">{w.day_empty()}</p> }.into_any()
        } else {
            view! {
                <ul class="card entries">
                    <For each=entries key let:entry><EntryRow words=w entry/></For>
                </ul>
            }
            .into_any()
        })}
    }
}

/// Hours against the shift.
#[component]
fn Hours(words: Words, shift: Option<ShiftView>, worked: u32, planned: u32) -> impl IntoView {
    let w = words;
    let share = if planned == 0 {
        0.0
    } else {
        (f64::from(worked) / f64::from(planned)).min(1.0) * 100.0
    };
    view! {
        <section class="card hours" aria-label=w.hours()>
            <div class="hours-line">
                <span>{shift.as_ref().map_or_else(
                    || w.no_shift().to_owned(),
                    |shift| format!("{} {}", shift.name, format::shift_span(shift)),
                )}</span>
                <span class="hours-sum" data-testid="hours">
                    <strong>{format::span(worked)}</strong>
                    {(planned > 0).then(|| format!(" / {}", format::span(planned)))}
                </span>
            </div>
            {(planned > 0).then(|| view! {
                <div class="bar" aria-hidden="true"><span style:width=format!("{share}%")></span></div>
            })}
        </section>
    }
}
