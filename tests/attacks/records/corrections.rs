//! Requests to put attendance right that nobody could decide, or that try to be more than a request.

use bizmitra_contract::attendance::TapKind;
use bizmitra_contract::record::{Correction, MAX_WHY_CHARS, RecordBody, RightTap};
use bizmitra_contract::sync::{Verdict, VerdictCode};
use libtest_mimic::Trial;

use super::Scene;
use crate::support::attack;

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![attack(
        "a correction of whatever time takes effect on no board and no day",
        changes_nothing,
    )];
    for (words, bend) in REFUSED {
        trials.push(attack(
            format!("a correction {words} is refused"),
            move || refused(*bend),
        ));
    }
    trials
}

pub fn good() -> Correction {
    Correction {
        about: None,
        day: "2026-11-23".to_owned(),
        should_be: Some(RightTap {
            kind: TapKind::CheckOut,
            wall_ms: 1_795_436_100_000,
            zone: "Asia/Kolkata".to_owned(),
            offset_min: 330,
        }),
        why: "forgot".to_owned(),
    }
}

type Bend = fn(&mut Correction);

const REFUSED: &[(&str, Bend)] = &[
    ("of nothing to nothing", |asked| asked.should_be = None),
    ("without a reason", |asked| asked.why.clear()),
    ("whose reason is only spaces", |asked| {
        asked.why = " \t\n\u{a0}".to_owned();
    }),
    ("whose reason is one character too long", |asked| {
        asked.why = "अ".repeat(MAX_WHY_CHARS + 1);
    }),
    ("whose reason is as long as a batch allows", |asked| {
        asked.why = "x".repeat(100_000);
    }),
    ("of no day", |asked| asked.day.clear()),
    ("of a day that there is not", |asked| {
        asked.day = "2026-02-30".to_owned();
    }),
    ("of a day in another form", |asked| {
        asked.day = "20261123".to_owned();
    }),
    ("of a day with a time behind it", |asked| {
        asked.day = "2026-11-23T00:00".to_owned();
    }),
    ("to a time before all times", |asked| {
        asked.should_be.as_mut().unwrap().wall_ms = i64::MIN;
    }),
    ("to a time after all times", |asked| {
        asked.should_be.as_mut().unwrap().wall_ms = i64::MAX;
    }),
    ("in no zone", |asked| {
        asked.should_be.as_mut().unwrap().zone.clear();
    }),
    ("in a zone whose name is a story", |asked| {
        asked.should_be.as_mut().unwrap().zone = "Asia/".repeat(1_000);
    }),
    ("an age away from UTC", |asked| {
        asked.should_be.as_mut().unwrap().offset_min = i32::MIN;
    }),
];

async fn refused(bend: Bend) {
    let mut scene = Scene::new().await;
    let mut asked = good();
    bend(&mut asked);
    let record = scene
        .ravi
        .record(scene.world.now_ms(), RecordBody::Correction(asked));
    let item = scene.ravi.item(&record, true);
    scene.refuse(&item).await;
    let result = &scene.ravi.deliver(&scene.world, &[&item]).await[0];
    assert_eq!(
        (result.verdict, result.code),
        (Verdict::Rejected, Some(VerdictCode::Validation))
    );
}

async fn changes_nothing() {
    let mut scene = Scene::new().await;
    let tap = scene.good.clone();
    scene.ravi.deliver(&scene.world, &[&tap]).await;
    let shown = |scene: &Scene| format!("{:?}", scene.world.attendance(scene.ravi.employee));
    let before = shown(&scene);
    for wall_ms in [-1, 0, 1_795_436_100_000, 253_402_207_200_000] {
        for about in [None, Some(tap.id), Some(scene.record.id)] {
            let mut asked = good();
            asked.about = about;
            asked.should_be.as_mut().unwrap().wall_ms = wall_ms;
            let body = RecordBody::Correction(asked);
            let record = scene.ravi.record(scene.world.now_ms(), body);
            let item = scene.ravi.item(&record, true);
            let result = &scene.ravi.deliver(&scene.world, &[&item]).await[0];
            assert_eq!(result.verdict, Verdict::Applied, "{result:?}");
        }
    }
    assert_eq!(shown(&scene), before);
}
