//! One day: its entries, their state, hours against the shift.

use bizmitra_ipc::{command, view::DayView};
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
        {move || shown.get().map(|day| view! { <Day words=w day/> })}
        </div>
    }
}

/// Hours and entries of a day.
#[component]
pub(crate) fn Day(words: Words, day: DayView) -> impl IntoView {
    let w = words;
    let share = if day.planned_min == 0 {
        0.0
    } else {
        (f64::from(day.worked_min) / f64::from(day.planned_min)).min(1.0) * 100.0
    };
    view! {
        <section class="card hours" aria-label=w.hours()>
            <div class="hours-line">
                <span>{day.shift.as_ref().map_or_else(
                    || w.no_shift().to_owned(),
                    |shift| format!("{} {}", shift.name, format::shift_span(shift)),
                )}</span>
                <span class="hours-sum" data-testid="hours">
                    <strong>{format::span(day.worked_min)}</strong>
                    {(day.planned_min > 0).then(|| format!(" / {}", format::span(day.planned_min)))}
                </span>
            </div>
            {(day.planned_min > 0).then(|| view! {
                <div class="bar" aria-hidden="true"><span style:width=format!("{share}%")></span></div>
            })}
        </section>
        {if day.entries.is_empty() {
            view! { <p class="card empty" data-testid="day-empty">{w.day_empty()}</p> }.into_any()
        } else {
            view! {
                <ul class="card entries">
                    {day.entries.into_iter().map(|entry| view! { <EntryRow words=w entry/> }).collect_view()}
                </ul>
            }
            .into_any()
        }}
    }
}
