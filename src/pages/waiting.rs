//! After the code: sent and not answered, or a manager compares the fingerprint.

use leptos::prelude::*;

use crate::{
    components::{
        appearance::OtherLanguage,
        icon::{Icon, Symbol},
        notice::Problem,
        sync_strip::SyncStrip,
    },
    state::Session,
};

/// Events tell of the approval; this is the net under them.
const ASK_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Both waits: `approval` says which.
#[component]
pub(crate) fn Waiting(approval: bool) -> impl IntoView {
    let session = Session::here();
    let w = session.words();
    if let Ok(handle) = set_interval_with_handle(move || session.refresh(), ASK_AGAIN) {
        on_cleanup(move || handle.clear());
    }
    let groups = Memo::new(move |_| {
        session
            .status
            .with(|s| s.as_ref().and_then(|s| s.fingerprint.clone()))
            .map(|text| split_groups(&text))
    });
    view! {
        <main class="sheet">
            <div class="sheet-top">
                <span class="eyebrow">{move || session.status.with(|s| s.as_ref().map(|s| s.company.clone()))}</span>
                <OtherLanguage/>
            </div>
            <div class="sheet-body">
                <h1 tabindex="-1">{if approval { w.approval_title() } else { w.activating_title() }}</h1>
                <p class="lead">{if approval { w.approval_lead() } else { w.activating_lead() }}</p>
                {move || groups.get().map(|groups| view! {
                    <div class="card fingerprint">
                        <h2>{w.approval_code()}</h2>
                        <ol data-testid="fingerprint">
                            {groups.into_iter().map(|group| view! { <li>{group}</li> }).collect_view()}
                        </ol>
                    </div>
                })}
                <p class="wait-line" role="status"><Symbol icon=Icon::Clock/>{w.approval_wait()}</p>
                <SyncStrip/>
                <Problem words=w code=session.problem/>
            </div>
        </main>
    }
}

/// The groups of a fingerprint, whatever stands between them.
pub(crate) fn split_groups(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|group| !group.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::split_groups;

    #[test]
    fn a_fingerprint_has_its_groups_however_they_are_separated() {
        assert_eq!(
            split_groups("K7QM-3F9D AB12·CD34"),
            ["K7QM", "3F9D", "AB12", "CD34"]
        );
    }
}
