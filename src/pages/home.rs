//! Next action under the thumb; above it the site, or the receipt of the last tap.

mod cards;

use bizmitra_ipc::{
    command,
    view::{Action, DayView, EntryView, HomeView, LocationState, NoPlace, PlaceView},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    bridge,
    components::{
        icon::{Icon, Symbol},
        notice::{Chip, Notice, Problem},
        sync_strip::SyncStrip,
    },
    describe::{self, Tone},
    format::{self, Daypart},
    route::Route,
    state::Session,
    words::Words,
};
use cards::{Latest, SiteCard, Today};

/// Signals of this page.
#[derive(Debug, Clone, Copy)]
struct Desk {
    session: Session,
    home: RwSignal<Option<HomeView>>,
    today: RwSignal<Option<DayView>>,
    /// A tap is on its way to the store.
    busy: RwSignal<bool>,
    /// How much was asked for while an answer was under way: in a burst of events the next question answers for all.
    load: StoredValue<Load>,
    /// Screen clock when `home` came, to count the undo down.
    received_ms: RwSignal<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    Idle,
    UnderWay,
    /// And once more.
    Again,
}

impl Desk {
    /// Asks for what the page shows; what changes meanwhile is asked for once more.
    fn load(self) {
        if self.load.try_get_value() != Some(Load::Idle) {
            self.load.try_set_value(Load::Again);
            return;
        }
        spawn_local(async move {
            let mut more = true;
            while more {
                self.load.try_set_value(Load::UnderWay);
                self.ask_once().await;
                more = self.load.try_get_value() == Some(Load::Again);
            }
            self.load.try_set_value(Load::Idle);
        });
    }

    async fn ask_once(self) {
        let answers = async {
            self.take(bridge::call(command::GetHome {}).await?);
            bridge::call(command::GetDay { day: None }).await
        };
        match answers.await {
            Ok(day) => {
                self.session.problem.try_set(None);
                self.today.try_set(Some(day));
            }
            Err(error) => self.session.fail(&error),
        }
    }

    fn take(self, view: HomeView) {
        self.received_ms.try_set(js_sys::Date::now());
        self.home.try_set(Some(view));
    }

    /// The latest tap, unless it was taken back.
    fn latest(self) -> Option<EntryView> {
        self.home.with(|h| {
            h.as_ref()
                .and_then(|h| h.latest.clone())
                .filter(|e| !e.withdrawn)
        })
    }

    fn show(self, entry: EntryView) {
        self.latest_is(entry);
        self.load();
        self.session.refresh();
    }

    fn latest_is(self, entry: EntryView) {
        self.home.try_update(|home| {
            if let Some(home) = home {
                home.latest = Some(entry);
            }
        });
    }

    fn tap(self, action: Action, without_location: bool) {
        let Some(form_id) = self
            .home
            .with_untracked(|h| h.as_ref().map(|h| h.form_id.clone()))
        else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = bridge::call(command::Tap {
                form_id,
                action,
                without_location,
            })
            .await;
            match answer {
                Ok(entry) => {
                    self.session.problem.try_set(None);
                    self.latest_is(entry);
                    // The button opens again with the id of the next tap, so that a double tap stays one.
                    if let Ok(view) = bridge::call(command::GetHome {}).await {
                        self.take(view);
                    }
                }
                Err(error) => self.session.fail(&error),
            }
            self.busy.try_set(false);
        });
    }
}

/// Home of an employee.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let desk = Desk {
        session,
        home: RwSignal::new(None),
        today: RwSignal::new(None),
        busy: RwSignal::new(false),
        load: StoredValue::new(Load::Idle),
        received_ms: RwSignal::new(0.0),
    };
    Effect::new(move |_| {
        session.attendance.track();
        desk.load();
    });
    let forgotten = Memo::new(move |_| {
        desk.home
            .with(|h| h.as_ref().and_then(|h| h.forgotten.clone()))
    });
    let hint = Memo::new(move |_| {
        let state = desk.home.with(|h| h.as_ref().map(|h| h.location))?;
        (desk.latest().is_none() && state != LocationState::Ready).then_some(state)
    });
    view! {
        <Head desk/>
        <div class="home" class:after=move || desk.latest().is_some() data-testid="home" data-state=move || if desk.home.with(Option::is_some) { "ready" } else { "loading" }>
            <div class="home-main">
                <Problem words=w code=session.problem/>
                {move || forgotten.get().map(|entry| forgotten_notice(desk, &entry))}
                <Latest desk/>
            </div>
            <div class="home-place">
                <SiteCard desk/>
                {move || hint.get().map(|state| location_notice(session, state))}
            </div>
            <div class="home-sync"><SyncStrip/></div>
            <div class="home-side"><Today desk/></div>
            <Actions desk/>
        </div>
    }
}

#[component]
fn Head(desk: Desk) -> impl IntoView {
    let w = desk.session.words();
    let done = move || desk.latest().map(|e| describe::action_done(w, e.action));
    let name = move || {
        desk.session
            .status
            .with(|s| s.as_ref().map(|s| s.name.clone()).unwrap_or_default())
    };
    let eyebrow = move || {
        let home = desk.home.get()?;
        Some(if desk.latest().is_some() {
            format::long_date(w, &format::day_at(home.now_ms, home.offset_min))
        } else {
            greeting(w, format::daypart(home.now_ms, home.offset_min)).to_owned()
        })
    };
    view! {
        <div class="page-head home-head">
            <p class="eyebrow">{eyebrow}</p>
            <h1 tabindex="-1" data-testid="home-title">{move || done().map_or_else(name, str::to_owned)}</h1>
            {move || desk.home.with(|h| h.as_ref().map(|h| match &h.shift {
                Some(shift) => format!("{} {}", shift.name, format::shift_span(shift)),
                None => w.no_shift().to_owned(),
            })).map(|text| view! { <Chip tone=Tone::Quiet text plain=true/> })}
        </div>
    }
}

const fn greeting(w: Words, part: Daypart) -> &'static str {
    match part {
        Daypart::Morning => w.good_morning(),
        Daypart::Afternoon => w.good_afternoon(),
        Daypart::Evening => w.good_evening(),
    }
}

fn forgotten_notice(desk: Desk, entry: &EntryView) -> impl IntoView + use<> {
    let session = desk.session;
    let w = session.words();
    let when = format!(
        "{}, {}",
        format::long_date(w, &entry.day),
        format::clock(entry.wall_ms, entry.offset_min)
    );
    let day = entry.day.clone();
    view! {
        <div data-testid="forgotten">
            <Notice tone=Tone::Waiting icon=Icon::Clock title=w.forgotten_title() text=w.forgotten_text(&when)>
                <button
                    type="button"
                    class="link"
                    data-testid="forgotten-open"
                    on:click=move |_| {
                        session.day.set(Some(day.clone()));
                        session.go(Route::History);
                    }
                >
                    {w.forgotten_open()}
                </button>
            </Notice>
        </div>
    }
}

/// What is to be said about location before a tap; only the missing decision has a button here.
fn location_notice(session: Session, state: LocationState) -> impl IntoView {
    let w = session.words();
    let text = describe::location(w, state);
    view! {
        <div data-testid="location-notice" role="status">
            {if state == LocationState::NoConsent {
                view! {
                    <Notice tone=Tone::Info icon=Icon::Pin title=w.location_title() text>
                        <button
                            type="button"
                            class="link"
                            data-testid="location-decide"
                            on:click=move |_| session.go(Route::Location)
                        >
                            {w.location_decide()}
                        </button>
                    </Notice>
                }.into_any()
            } else {
                view! { <Notice tone=Tone::Info icon=Icon::Pin title=w.location_title() text/> }.into_any()
            }}
        </div>
    }
}

const fn action_icon(action: Action) -> Icon {
    match action {
        Action::CheckIn | Action::BreakEnd => Icon::Arrow,
        Action::CheckOut => Icon::Leave,
        Action::BreakStart => Icon::Cup,
    }
}

/// The large button, and below it the quieter ways.
#[component]
fn Actions(desk: Desk) -> impl IntoView {
    let w = desk.session.words();
    let offer = Memo::new(move |_| {
        desk.home.with(|h| {
            h.as_ref().map(|h| {
                let located = matches!(
                    h.location,
                    LocationState::Ready | LocationState::AskPermission
                );
                (h.next, h.also.clone(), located)
            })
        })
    });
    // After the check-in the day goes on: the next action is offered, but no longer shouted.
    let calm = Memo::new(move |_| {
        let at_work = desk
            .latest()
            .is_some_and(|e| matches!(e.action, Action::CheckIn | Action::BreakEnd));
        at_work
            && desk
                .home
                .with(|h| {
                    h.as_ref().and_then(|h| {
                        Some((
                            h.now_ms,
                            format::shift_end_ms(h.shift.as_ref()?, h.offset_min)?,
                        ))
                    })
                })
                .is_none_or(|(now, end)| now < end)
    });
    let leaves_at = Memo::new(move |_| {
        let end_min = desk
            .home
            .with(|h| h.as_ref().and_then(|h| h.shift.as_ref().map(|s| s.end_min)));
        end_min
            .filter(|_| calm.get())
            .map(|end| w.time_from(&format::minute_of_day(end)))
    });
    let button = move |action: Action, main: bool| {
        view! {
            <button
                type="button"
                class="button"
                class:main=main
                class:primary=move || main && !calm.get()
                data-testid=format!("tap-{}", describe::action_id(action))
                data-state=move || if desk.busy.get() { "busy" } else { "idle" }
                aria-busy=move || desk.busy.get().to_string()
                on:click=move |_| desk.tap(action, false)
            >
                <Symbol icon=action_icon(action)/>
                <span>
                    {describe::action_name(w, action)}
                    {move || (main && action == Action::CheckOut).then(|| leaves_at.get()).flatten().map(|from| {
                        view! { <span class="from">" · "{from}</span> }
                    })}
                </span>
            </button>
        }
    };
    view! {
        <div class="actions">
            {move || offer.get().map(|(next, also, located)| view! {
                {button(next, true)}
                <div class="pair">
                    {also.into_iter().map(|action| button(action, false)).collect_view()}
                    {located.then(|| view! {
                        <button
                            type="button"
                            class="button quiet"
                            data-testid="tap-without-location"
                            data-state=move || if desk.busy.get() { "busy" } else { "idle" }
                            aria-label=w.action_without_location(describe::action_name(w, next))
                            on:click=move |_| desk.tap(next, true)
                        >
                            {w.without_location()}
                        </button>
                    })}
                </div>
            })}
        </div>
    }
}

/// Nothing more to say about the place than the receipt says.
fn has_drawing(place: &PlaceView) -> bool {
    !matches!(
        place,
        PlaceView::None {
            reason: NoPlace::NoConsent | NoPlace::NoGps | NoPlace::Skipped
        }
    )
}
