//! The person's devices, as the server knows them now.

use bizmitra_ipc::{
    command,
    view::{DeviceKind, DeviceView},
};
use leptos::prelude::*;

use crate::{
    components::{
        icon::{Icon, Symbol},
        notice::{Chip, Problem},
    },
    describe::{self, Tone},
    format,
    route::Route,
    state::Session,
    words::Words,
};

/// The list.
#[component]
pub(crate) fn Devices() -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    let devices = RwSignal::new(None::<Vec<DeviceView>>);
    let ask = move || {
        session.ask(command::GetDevices {}, move |list| {
            devices.try_set(Some(list));
        });
    };
    session.problem.set(None);
    ask();
    view! {
        <div class="page-head">
            <button type="button" class="link" data-testid="devices-back" on:click=move |_| session.go(Route::Me)>
                <Symbol icon=Icon::Back/>{w.nav_me()}
            </button>
            <h1 tabindex="-1">{w.my_devices()}</h1>
        </div>
        <div class="narrow">
            <Problem words=w code=session.problem/>
            {move || match devices.get() {
                Some(list) => view! {
                    <ul class="card entries" data-testid="devices" data-count=devices.with(|list| list.as_ref().map_or(0, Vec::len)).to_string()>
                        {list.into_iter().map(|device| view! { <Line device/> }).collect_view()}
                    </ul>
                }.into_any(),
                None if session.problem.with(Option::is_some) => view! {
                    <button type="button" class="button" data-testid="ask-again" data-state="idle" on:click=move |_| ask()>
                        {w.try_again()}
                    </button>
                }.into_any(),
                None => view! { <p class="empty" role="status">{w.devices_asking()}</p> }.into_any(),
            }}
            <p class="hint">{w.devices_hint()}</p>
        </div>
    }
}

#[component]
fn Line(device: DeviceView) -> impl IntoView {
    let w = Session::here().words();
    let (tone, state) = describe::device_state(w, device.state);
    let (kind, icon) = match device.kind {
        DeviceKind::Phone => (w.device_phone(), Icon::Phone),
        DeviceKind::Desktop => (w.device_desktop(), Icon::Desktop),
    };
    view! {
        <li class="device-line" data-testid="device" data-state=describe::device_state_id(device.state) data-this=device.is_this.to_string()>
            <Symbol icon=icon/>
            <div>
                <strong>{device.name.clone()}</strong>
                <span>{kind}" · "{heard(w, &device)}</span>
            </div>
            <div class="device-chips">
                {device.is_this.then(|| view! { <Chip tone=Tone::Info text=w.this_device() plain=true/> })}
                <Chip tone=tone text=state/>
            </div>
        </li>
    }
}

/// When the device was last heard of: near by the minute, far by the day.
fn heard(w: Words, device: &DeviceView) -> String {
    let at = format::clock(device.last_heard_ms, device.offset_min);
    match device.heard_ago_min {
        _ if device.is_this => w.heard_now().to_owned(),
        0..2 => w.heard_now().to_owned(),
        minutes @ 2..60 => w.heard_minutes(minutes.into()),
        60..1440 => w.heard_at(&at),
        _ => w.heard_on(&format::long_date(
            w,
            &format::day_at(device.last_heard_ms, device.offset_min),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizmitra_ipc::view::{DeviceStateView, Language};

    #[test]
    fn a_device_was_heard_of_by_the_minute_the_hour_or_the_day() {
        let w = Words(Language::English);
        let said = |heard_ago_min| {
            heard(
                w,
                &DeviceView {
                    name: "Redmi 12".into(),
                    kind: DeviceKind::Phone,
                    state: DeviceStateView::Active,
                    last_heard_ms: 1_795_404_660_000,
                    offset_min: 330,
                    heard_ago_min,
                    is_this: false,
                },
            )
        };
        assert_eq!(said(1), w.heard_now());
        assert_eq!(said(59), w.heard_minutes(59));
        assert_eq!(said(61), w.heard_at("9:01"));
        assert!(said(100_000).contains("23"), "{}", said(100_000));
    }
}
